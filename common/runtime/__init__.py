"""What a program needs of its machine: errors, whole files, the command line, devices, processes."""

import os

# ONNX Runtime reads it as it is imported; photographs of faces are no occasion for telemetry
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
