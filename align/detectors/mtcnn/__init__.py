"""MTCNN (Zhang et al., "Joint face detection and alignment using multi-task cascaded CNNs", 2016)."""
