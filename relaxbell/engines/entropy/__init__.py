"""The entropy of a binary message: concave in its probability, so least at an end of what is possible."""
