"""Symmetries of behaviors, functionals and models; orbits, canonical labelings and recognition."""
