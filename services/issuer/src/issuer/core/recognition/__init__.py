"""Recognition: agreements between institutions, and decisions about what learners bring from elsewhere."""
