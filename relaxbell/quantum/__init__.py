"""Quantum and no-signaling behaviors as sets: CVXPY objects, rigorous bounds, robustness against noise."""
