"""Resources generalised on purpose: what the names of those that were seen have in common."""
