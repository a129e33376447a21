"""Every statement about work pools, one module per table."""
