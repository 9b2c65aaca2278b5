"""Classifiers trained on one set of faces and tested on others."""
