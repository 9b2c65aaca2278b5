"""Where the events of a run go: the console, TensorBoard, Weights & Biases."""
