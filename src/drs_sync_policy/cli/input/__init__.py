"""Files of policies: YAML, JSON and CSV, read with the place of each value."""
