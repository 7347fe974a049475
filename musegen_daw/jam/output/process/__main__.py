"""`python -m musegen_daw.jam.output.process`: the sending process, which a `RemoteScheduler` starts and speaks with."""

from musegen_daw.jam.output.process.process import main

if __name__ == "__main__":
    main()
