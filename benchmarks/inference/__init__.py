"""What benchmarks/infer.py measures, and against what."""
