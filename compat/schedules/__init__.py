"""What the peer answers when asked for the dates of schedules."""
