"""Which photographs there are, whom they show, and which are synthetic: one file per layout of a source."""
