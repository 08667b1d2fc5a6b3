"""Quotients of two linear queries: a few linear programs, each with the proof of the last level."""
