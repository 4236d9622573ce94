"""Endorsements over HTTP."""
