"""Pathways: drafts, published versions, trials."""
