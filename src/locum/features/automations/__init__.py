"""Automations: what is to be done when something happens, or fails to."""
