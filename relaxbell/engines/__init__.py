"""Engines: how the least value of each kind of measure is found, bounded, drawn and certified."""
