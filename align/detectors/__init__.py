"""Face detectors with five landmarks behind one interface."""
