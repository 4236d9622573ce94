"""Recognition in the database."""
