"""Stacks over HTTP."""
