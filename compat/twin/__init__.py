"""The twin: the same request sequences to locum and to the peer, and every difference between the answers."""
