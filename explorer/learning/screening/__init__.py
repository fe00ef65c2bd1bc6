"""Screening papers for a literature review: the order to read in, and when to stop."""
