"""Causal models: graphs, response functions, strategies, and the named networks."""
