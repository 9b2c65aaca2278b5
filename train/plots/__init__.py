"""The history, drawn."""
