"""Shards of synthetic faces made from shards of bona fide ones."""
