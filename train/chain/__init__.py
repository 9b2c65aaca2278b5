"""Chains of commands that go on wherever they stopped: the long one, and that to a fused encoder."""
