"""Parts of the benchmark of fused encoders."""
