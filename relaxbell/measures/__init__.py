"""Measures of relaxation: convex functions of the distribution over strategies, kept as data."""
