"""Pseudo-labels: what classifiers guess of crops without labels, where they are all but certain."""
