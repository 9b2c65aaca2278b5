"""Face detectors with five landmarks behind one interface."""

import os

# ONNX Runtime reads it as it is imported; photographs of faces are no occasion for telemetry
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
