"""Backpack over HTTP."""
