"""An audit of the paper arXiv:1411.4648: its claims, computed anew."""
