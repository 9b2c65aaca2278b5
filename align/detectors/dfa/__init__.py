"""CVLface's differentiable face aligner (Kim et al., "KeyPoint Relative Position Encoding", CVPR 2024)."""
