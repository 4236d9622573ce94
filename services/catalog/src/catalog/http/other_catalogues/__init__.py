"""What other catalogues say, read, and what is here in their words."""
