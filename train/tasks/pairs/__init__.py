"""Pairs: a network that sees two crops together and tells whether both show one person, bona fide."""
