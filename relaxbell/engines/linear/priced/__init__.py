"""Linear programs over very many strategies: columns are generated, the best by elimination."""
