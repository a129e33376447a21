"""The contract: the peer's document without its prose, ours, and what lies between them."""
