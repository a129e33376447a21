"""What the pages of the UI ask for beyond the resources themselves."""
