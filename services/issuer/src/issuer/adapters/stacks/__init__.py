"""Stacks in the database."""
