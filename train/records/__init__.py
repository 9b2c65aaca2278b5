"""Files of a run: history, checkpoints, configuration, state."""
