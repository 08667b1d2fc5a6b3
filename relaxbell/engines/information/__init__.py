"""Mutual information: convex programs of relative entropy."""
