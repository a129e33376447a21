"""Events: the transactional log that is also the bus."""
