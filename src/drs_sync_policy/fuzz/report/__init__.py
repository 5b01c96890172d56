"""A verdict told to people and to machines."""
