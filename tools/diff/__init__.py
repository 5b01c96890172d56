"""What a change of the contract breaks, for whom, and the version that it demands."""
