"""Achievements: drafts, metadata and profiles, published versions."""
