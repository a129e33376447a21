"""What may be done to work pools, their queues and their workers."""
