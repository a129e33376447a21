"""Flows: the names under which runs and deployments gather."""
