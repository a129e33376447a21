"""The command line against both servers: what it prints must be the same."""
