"""Parts of a training step: optimiser, schedule, EMA, teacher, freezing, skipping."""
