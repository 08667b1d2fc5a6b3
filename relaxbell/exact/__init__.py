"""Exact arithmetic and rigorous bounds; imports nothing else of relaxbell."""
