"""Batches: many awards or many changes, row by row."""
