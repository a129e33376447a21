"""The pure floor: states, schedules, orchestration, errors, ids and the clock; no I/O and nothing of locum above it."""
