"""`python -m musegen_daw.computing` is the computing process; only the program itself starts it."""

from musegen_daw.computing.process import main

if __name__ == "__main__":
    main()
