"""Verdicts with reasons: is this credential genuine, still good, and from an issuer one may trust."""
