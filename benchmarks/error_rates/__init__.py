"""What benchmarks/eer.py measures, and against what."""
