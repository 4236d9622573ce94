"""What integrators read and import: the merged OpenAPI description, and a collection of requests made from it."""
