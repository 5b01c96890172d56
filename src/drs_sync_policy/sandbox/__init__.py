"""The reference implementation of the contract."""
