"""Stacks: what is decided, awarded and followed for completed pathways."""
