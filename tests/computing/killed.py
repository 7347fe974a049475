"""A program that is killed while drums are written for it; the test looks for its process."""

import sys
from pathlib import Path

from musegen_daw.computing.remote import RemoteGenerator


def main():
    generator = RemoteGenerator(Path(sys.argv[1]))
    print(generator.process_id, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
