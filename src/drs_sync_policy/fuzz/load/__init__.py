"""Load from many simulated users, whose responses the same rules check.

Locust runs in processes of its own, because it patches the standard library when it is imported:
only `users` and `process` import it.
"""
