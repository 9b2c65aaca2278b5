"""Stage 1: photographs to aligned face crops in HDF5 shards."""
