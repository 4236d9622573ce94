"""The gateway's routes: they parse, call one use case, and shape the reply."""
