"""What an issuer does, in plain Python: no framework, no database, no bus."""
