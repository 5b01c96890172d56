"""Connections, deadlines and errors of the network."""
