"""Verification: an encoder whose embeddings are near for one person, and far for others and for forgeries."""
