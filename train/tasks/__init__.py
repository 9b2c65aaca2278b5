"""Tasks: what a training is about, its network, data, loss, validation and checkpoints."""
