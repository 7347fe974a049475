"""`python -m musegen_daw.jam.output.process`: the output process, which a `RemoteScheduler` starts."""

from musegen_daw.jam.output.process.process import main

if __name__ == "__main__":
    main()
