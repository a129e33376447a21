"""Every statement about the event log, by topic."""
