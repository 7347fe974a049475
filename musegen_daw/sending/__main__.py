"""`python -m musegen_daw.sending`: the sending process, which a `RemoteScheduler` starts and speaks with."""

from musegen_daw.sending.process import main

if __name__ == "__main__":
    main()
