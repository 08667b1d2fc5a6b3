"""Curves: the least value along a line of behaviors, values or budgets, exact and with its break points."""
