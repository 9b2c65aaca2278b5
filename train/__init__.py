"""Stage 2: training on aligned crops."""
