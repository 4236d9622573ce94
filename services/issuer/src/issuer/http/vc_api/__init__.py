"""The VC-API."""
