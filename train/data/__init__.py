"""The crops of a run: read from shards, split by identity, planned into batches."""
