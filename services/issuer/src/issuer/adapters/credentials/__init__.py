"""Credentials in the database."""
