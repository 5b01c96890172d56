"""From violations to findings: one bug of a server is one finding, with its smallest request."""
