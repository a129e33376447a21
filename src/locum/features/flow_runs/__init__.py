"""Flow runs: their states, the rules that govern these, their inputs, graph and history."""
