"""Sweeps: many behaviors, one compiled program, columns of values with rigorous bounds."""
