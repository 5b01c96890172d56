"""Client, sandbox and fuzzer for the synchronization-policy call of DRS, from one contract."""
