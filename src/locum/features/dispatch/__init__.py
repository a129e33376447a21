"""Handing scheduled runs to workers; who is alive, and what is ready."""
