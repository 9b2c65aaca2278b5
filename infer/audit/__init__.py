"""Faults of a data set found with a model's embeddings: labels, folders and pictures that do not fit."""
