"""Forgeries with one seed for a clip, or one for each frame: told apart by what changes over time."""
