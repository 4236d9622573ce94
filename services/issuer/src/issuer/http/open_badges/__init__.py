"""The Open Badges API."""
