"""What `benchmarks/video.py` measures."""
