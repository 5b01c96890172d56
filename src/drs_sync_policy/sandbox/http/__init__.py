"""HTTP for the sandbox: reading requests, routing, responses, I-JSON, media types, access log."""
