"""Every statement about deployments, by topic."""
