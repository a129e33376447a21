"""Saved searches: sets of filters that the UI keeps under a name."""
