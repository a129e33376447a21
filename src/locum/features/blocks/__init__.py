"""Blocks: typed configuration with secrets, saved under names."""
