"""Batches in the database."""
