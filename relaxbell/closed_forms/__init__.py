"""Closed forms: the least value of a measure as a maximum of finitely many linear terms, derived from the dual."""
