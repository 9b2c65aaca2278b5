"""Inference: similarity and verdict for pairs of photographs."""
