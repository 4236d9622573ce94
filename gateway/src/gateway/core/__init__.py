"""The authorization server's rules: organizations, clients, what they may do, the life of a signing key. No I/O."""
