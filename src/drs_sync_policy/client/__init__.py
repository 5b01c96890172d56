"""Call the API: typed, with batching, retries, credentials and deadlines."""
