"""What benchmarks/align.py measures, and against what."""
