"""`make test`: every check and every test, then one summary that says loudly what was left out and why.

`python -m tools.suite --only <part>` runs one part of it.
"""
