"""A learner's progress on pathways, and who may see it."""
