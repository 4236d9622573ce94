"""Skills in PostgreSQL: written, read, searched."""
