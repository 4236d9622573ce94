"""Achievements in PostgreSQL: written, read, listed, searched."""
