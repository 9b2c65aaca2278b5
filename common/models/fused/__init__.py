"""The fused encoder: a recogniser and a classifier of synthetic faces behind one embedding."""
