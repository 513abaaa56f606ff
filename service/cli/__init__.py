"""The command line: arguments to a use case to text."""
