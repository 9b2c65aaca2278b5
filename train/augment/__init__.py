"""Augmentation of training crops, each by a seed of its own."""
