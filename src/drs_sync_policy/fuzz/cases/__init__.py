"""Values, texts and bodies, derived from the contract."""
