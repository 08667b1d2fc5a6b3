"""Factorized measurement dependence: columns of a strategy and a product of distributions of the settings."""
