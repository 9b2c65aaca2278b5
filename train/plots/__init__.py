"""Pictures of the history."""
