"""Measures that are written by terms: linear programs."""
