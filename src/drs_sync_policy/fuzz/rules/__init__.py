"""The rules about one answer and its request: a room for each kind of them."""
