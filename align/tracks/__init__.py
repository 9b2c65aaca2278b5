"""Clips: the faces in their frames, linked to tracks of one person each."""
