"""The worker channel: one websocket for each worker, in the place of its polling for news of its pool."""
