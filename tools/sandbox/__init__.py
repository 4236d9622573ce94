"""The sandbox: an organization whose credentials fail on purpose, one for each way in which a verifier says no."""
