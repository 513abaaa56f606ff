"""Whittle: least-privilege policies for AWS, with proof."""
