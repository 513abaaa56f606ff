"""Measurements: each prints what it measured, on what. Not part of the tests."""
