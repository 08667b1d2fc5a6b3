"""Statements about counterfactuals: read from text, and written as rows over q."""
