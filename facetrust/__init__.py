"""facetrust: face verification, trained against deepfakes."""
