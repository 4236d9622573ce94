"""Pathways over HTTP."""
