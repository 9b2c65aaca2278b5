"""Synthetic faces made from real ones: forgeries to train against, from five landmarks and pixels alone."""
