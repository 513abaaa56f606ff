"""The HTTP API: requests to use cases, answers and problems to JSON."""
