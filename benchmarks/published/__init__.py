"""Recipes of published systems, trained for as long as each other on the same people."""
