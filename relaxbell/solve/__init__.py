"""Solving: linear programs on HiGHS, rigorous bounds from duals, and what is reported."""
