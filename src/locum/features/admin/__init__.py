"""What the server says of itself: that it lives, that it is ready, its version and its settings."""
