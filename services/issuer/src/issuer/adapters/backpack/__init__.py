"""Backpack in the database."""
