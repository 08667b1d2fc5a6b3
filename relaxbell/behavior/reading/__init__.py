"""Readers of data as people have them: one file for each layout, one core for what values and missing ones mean."""
