"""Open Badges 3.0 and W3C credentials: build, sign, verify, status. Pure: no I/O, no clock, no randomness of its own.

Import from the modules: `model`, `proof`, `keys`, `did`, `bitstring`, `verify`, `report`, `errors`; below them
`contexts`, `jsonld` and `rdfc`.
"""
