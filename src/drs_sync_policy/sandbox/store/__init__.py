"""What the sandbox stores, and the database that keeps it."""
