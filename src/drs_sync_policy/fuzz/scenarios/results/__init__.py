"""Results compared: in batches, in other orders, in other languages, for other jobs."""
