"""Encoders: backbones, published weights, checkpoints, and the leaderboard of these."""
