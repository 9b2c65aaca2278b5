"""Annotated copies of videos: what was found of each face, drawn into every frame."""
