"""Several classifiers side by side, as `train compare` shows them."""
