"""The JSON that goes in and out, as models: what goes in is validated, what goes out is described."""
