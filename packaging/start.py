"""The entry point of a packaged program: one of its subprocesses where started as that, else the command line."""

import sys

from musegen_daw.subprocesses import AS_COMPUTER, AS_SENDER


def main() -> int:
    """Run what was asked for and return the exit code; without a command, the window."""
    if sys.argv[1:2] == [AS_SENDER]:
        from musegen_daw.jam.output.process import process

        process.main()
        return 0
    if sys.argv[1:2] == [AS_COMPUTER]:
        from musegen_daw.workers import process

        process.main()
        return 0
    from musegen_daw.cli import main as cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
