"""Issuers, their keys in the course of time, and signing."""
