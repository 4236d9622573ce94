"""Events the issuer listens to."""
