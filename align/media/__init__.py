"""Decoding of images from files that are not trusted, within bounds."""
