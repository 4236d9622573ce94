"""Stores of private keys."""
