"""Bell functionals: exact coefficients, notations, relabelings and a catalog."""
