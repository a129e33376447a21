"""Every statement about task workers and the task runs that are offered to them."""
