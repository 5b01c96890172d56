"""The server under test: its profile, its processes, and how requests reach it."""
