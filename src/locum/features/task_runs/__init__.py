"""Task runs: their states and the rules that govern these; most are recorded from events."""
