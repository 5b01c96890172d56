"""Servers that others' tools make from the contract, each with the least handler."""
