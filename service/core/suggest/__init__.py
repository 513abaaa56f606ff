"""Conditions that a reviewer may add, each with the evidence for it and what it may break."""
