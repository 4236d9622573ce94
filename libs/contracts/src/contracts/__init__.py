"""The events that pass between the services: payloads, envelope, topics. Pure data; no transport, no service."""
