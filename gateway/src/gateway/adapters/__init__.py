"""Everything of the gateway that touches the world: its database, its clock-bound caches, its encryption."""
