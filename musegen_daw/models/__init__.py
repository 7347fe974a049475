"""Find, verify and open ONNX models."""
