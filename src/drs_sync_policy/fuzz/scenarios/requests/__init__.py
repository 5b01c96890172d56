"""Requests of every form: what the contract accepts, and what it rejects."""
