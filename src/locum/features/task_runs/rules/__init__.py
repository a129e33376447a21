"""The rules that govern a task run's states, by topic; `policy.py` says which are heard when, and in what order."""
