"""Models that learn from a person's labels."""
