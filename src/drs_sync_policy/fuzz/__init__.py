"""Checks any implementation of the contract: the fuzzer."""
