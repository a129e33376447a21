"""Older clients against locum: one scenario each, in environments of their own."""
