"""What may be done to concurrency limits and their slots."""
