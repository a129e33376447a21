"""Tokens against cross-site request forgery."""
