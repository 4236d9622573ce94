"""Achievements and profiles over HTTP."""
