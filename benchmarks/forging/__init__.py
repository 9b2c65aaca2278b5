"""Parts of the benchmark of forging."""
