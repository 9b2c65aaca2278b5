"""The long chain: pre-training, folds, pseudo-labels, folds again, and what their ensemble answers."""
