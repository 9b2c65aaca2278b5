"""Identification, 1:N: whom of a gallery each probe shows."""
