"""Exchanges that others recorded or sent: read from files, relayed, and checked like ours."""
