"""Scenarios: what a user does with the real client, and what the server then holds."""
