"""The ways to authenticate: a token, a password, or an AK/SK signature."""
