"""Blocks: how schemas refer to one another, and what is hidden of a document."""
