"""Credentials: ordered, composed, issued, corrected, revoked, and read."""
