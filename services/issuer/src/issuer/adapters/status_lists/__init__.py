"""Status lists in the database."""
