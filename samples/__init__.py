"""The sample trail: 60 days of a fictional account, written for Whittle and made again by `samples.generate`."""
