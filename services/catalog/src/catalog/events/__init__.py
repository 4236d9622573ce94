"""The event side: a payload becomes one call into the core."""
