"""The behaviour floor: one folder per thing that users name."""
