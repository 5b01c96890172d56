"""The HTTP side of the sandbox: reading requests, routing, sending responses, serving."""
