"""Crops of shards as image files, for people and for other tools."""
