"""Classification: a classifier that tells synthetic faces from bona fide ones, a crop at a time."""
