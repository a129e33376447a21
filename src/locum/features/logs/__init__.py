"""Logs: the lines that runs write."""
