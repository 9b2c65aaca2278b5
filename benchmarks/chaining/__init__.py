"""What the steps of the long chain are worth, each beside doing without it."""
