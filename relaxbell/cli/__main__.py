"""``python -m relaxbell.cli``."""

from relaxbell.cli import main

if __name__ == "__main__":
    main()
