"""What a face does in one photograph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Expression:
    """Muscles of one photograph: smile, mouth_open, brow_raise, squint and blink 0..1; gaze in degrees."""

    smile: float = 0.0
    mouth_open: float = 0.0
    brow_raise: float = 0.0
    squint: float = 0.0
    blink: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0

    @staticmethod
    def random(rng: np.random.Generator) -> Expression:
        """Half of the faces are nearly at rest, the others smile, talk, or raise their brows."""
        smile = rng.uniform(0, 0.15) if rng.random() < 0.45 else rng.uniform(0.2, 1.0)
        opened = rng.uniform(0, 0.06) if rng.random() < 0.55 else rng.uniform(0.1, 0.85)
        return Expression(
            smile=float(smile),
            mouth_open=float(opened),
            brow_raise=float(max(0.0, rng.normal(0.1, 0.35)) if rng.random() < 0.6 else 0.0),
            squint=float(np.clip(rng.normal(0.1 + 0.35 * smile, 0.2), 0, 0.9)),
            blink=float(rng.uniform(0.2, 0.6)) if rng.random() < 0.08 else float(rng.uniform(0, 0.1)),
            gaze_x=float(rng.normal(0, 7)),
            gaze_y=float(rng.normal(0, 4)),
        )
