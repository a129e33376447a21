"""Deployments: flows made ready to be run, their schedules, and the scheduler that plans their runs."""
