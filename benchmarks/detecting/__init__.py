"""What benchmarks/detectors.py measures: detectors beside each other on a folder of people."""
