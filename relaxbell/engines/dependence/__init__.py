"""Measures of measurement dependence over very many strategies: the best λ is found without a list of them."""
