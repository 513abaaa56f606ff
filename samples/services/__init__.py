"""Calls as each service logs them: member names, shapes and spelling, by service."""
