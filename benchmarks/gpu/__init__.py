"""`python benchmarks/gpu.py`: what a GPU makes of facetrust, a file a step."""
