"""Pre-training: a network learns crops, whatever they show, by filling in places that are masked."""
