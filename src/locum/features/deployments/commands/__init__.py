"""What may be done to deployments, by topic."""
