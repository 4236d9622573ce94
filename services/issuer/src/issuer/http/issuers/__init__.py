"""Issuers over HTTP."""
