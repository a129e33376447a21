"""Observed states: which states runs have been in, by type and name."""
