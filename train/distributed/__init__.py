"""Devices and processes of a run; a step over several processes computes what one process would."""
