"""Task workers: who waits for task runs to carry out."""
