"""Every statement about flow runs, by topic."""
