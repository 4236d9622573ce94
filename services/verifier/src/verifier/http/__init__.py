"""The verifier's API: parse, call one use case, shape the reply."""
