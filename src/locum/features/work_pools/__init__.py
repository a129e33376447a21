"""Work pools, their queues, and the workers that poll them."""
