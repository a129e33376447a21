"""Global concurrency limits."""
