"""A proposal's policies in the forms in which owners keep them: each parses with its own tool and means the same."""
