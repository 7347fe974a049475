"""Runs the command line with `python -m musegen_daw`."""

import sys

from musegen_daw.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
