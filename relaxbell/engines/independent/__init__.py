"""Queries of models with independent latent variables: districts, a linear program of one, or branch and bound."""
