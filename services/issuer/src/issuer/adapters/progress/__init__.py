"""Progress in the database."""
