"""Artifacts: what runs leave behind for people to look at, and for each key the latest."""
