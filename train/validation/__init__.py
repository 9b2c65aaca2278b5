"""Which pairs validate a run, and what the encoder makes of them."""
