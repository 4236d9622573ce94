"""The HTTP side: parse, call one use case, shape the reply."""
