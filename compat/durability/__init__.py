"""Durability: a server that is killed under load has everything that it had acknowledged."""
