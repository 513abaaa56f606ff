"""What changes for a principal when its policies are replaced by others: by meaning, not by text."""
