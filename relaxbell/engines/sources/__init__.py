"""Minimizing the non-convex measure of networks: relaxations, branch and bound, symmetries, decompositions."""
