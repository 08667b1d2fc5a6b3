"""Readers of the graphs that other tools write: a file for each layout, one core for what is made of them."""
