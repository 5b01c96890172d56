"""In the place of trio: it cannot be imported."""

raise ModuleNotFoundError("No module named 'trio'", name="trio")
