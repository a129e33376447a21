"""Every statement about concurrency limits, one module per table."""
