"""Loggers: the console, TensorBoard, Weights & Biases."""
