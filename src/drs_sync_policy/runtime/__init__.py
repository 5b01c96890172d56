"""What the generated package stands on: errors, JSON, validation and its HTTP client.

It depends on no contract and on no other package of the distribution but the error codes.
"""
