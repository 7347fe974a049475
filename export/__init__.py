"""From checkpoints to the ONNX models that the app runs."""
