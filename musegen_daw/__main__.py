"""`python -m musegen_daw` is the command line."""

import sys

from musegen_daw.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
