"""Skills frameworks, what achievements give of them, and what jobs ask for."""
