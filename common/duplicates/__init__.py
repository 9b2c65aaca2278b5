"""Crops that are one picture: equal to the last pixel, or one photograph saved twice."""
