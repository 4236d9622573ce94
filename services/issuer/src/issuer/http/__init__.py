"""The issuer's HTTP interface: parse, call one use case, shape the reply."""
