"""Linear programs and the time they may take; knows no Bell."""
