"""The local infrastructure that `make run` and `make test` stand on. It ships nowhere."""
