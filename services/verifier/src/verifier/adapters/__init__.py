"""Everything of the verifier that touches the world: PostgreSQL, the public web, the processor."""
