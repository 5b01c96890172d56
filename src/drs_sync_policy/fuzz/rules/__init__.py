"""The rules about one response and its request: a room for each kind of them."""
