"""What a trail does not show: other witnesses of use, and what the evidence could not have shown."""
