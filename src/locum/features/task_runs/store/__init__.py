"""Every statement about task runs, by topic."""
