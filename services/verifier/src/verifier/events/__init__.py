"""What the verifier learns from the other services."""
