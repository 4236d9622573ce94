"""Measurements that anyone can repeat against a running fleet or on one core. Never part of the tests."""
