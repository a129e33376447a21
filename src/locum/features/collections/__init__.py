"""What can be installed: the kinds of workers with their base job templates."""
