"""Endorsements in the database."""
