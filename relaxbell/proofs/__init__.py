"""Formulas proved, refuted and found: verdicts and fits."""
