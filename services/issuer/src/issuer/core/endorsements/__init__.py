"""Endorsements: given, handed in, verified, accepted."""
