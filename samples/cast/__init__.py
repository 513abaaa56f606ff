"""Who acts in the sample trail: one file per group of callers, each a function from chance to records."""
