"""The programs behind `make`: run as `python -m tools.NAME` from the root of the repository."""
