"""Face detectors with five landmarks behind one interface, and the registry of their names.

A detector of one's own is a class with the attributes and the method of `Detector`:

    ft.detectors.DETECTORS["mine"] = ft.detectors.DetectorEntry(Mine)  # Mine(argument, settings)
    ft.align("anna.jpg", detector="mine")

`examples/own_detector.py` is a whole one, for the command line and its worker processes too.
"""

from align.detectors.detection import Detection, Detector, DetectorSettings, EarlyExit, ScoreLevels
from align.detectors.registry import DETECTORS, DetectorEntry, detector_names

__all__ = [
    "DETECTORS",
    "Detection",
    "Detector",
    "DetectorEntry",
    "DetectorSettings",
    "EarlyExit",
    "ScoreLevels",
    "detector_names",
]
