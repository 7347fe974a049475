"""`python -m musegen_daw.computing`: the computing process, which a `RemoteGenerator` starts and speaks with."""

from musegen_daw.computing.process import main

if __name__ == "__main__":
    main()
