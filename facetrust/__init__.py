"""facetrust: face verification that deepfakes cannot fool."""
