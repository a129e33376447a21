"""The rules that govern a flow run's states, by topic; `policy.py` says which are heard when, and in what order."""
