"""``python -m relaxbell``: the command line."""

from relaxbell.cli import main

if __name__ == "__main__":
    main()
