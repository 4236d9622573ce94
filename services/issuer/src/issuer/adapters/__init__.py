"""Everything of the issuer that touches the world: PostgreSQL, keys, logs."""
