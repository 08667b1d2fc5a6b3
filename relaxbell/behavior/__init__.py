"""Data: behaviors, partial observations, counts, boxes and the Born rule."""
