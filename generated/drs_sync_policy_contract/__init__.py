"""The contract as data; see `openapi.yaml`."""
