"""`python -m musegen_daw.workers` is the computing process; only the program itself starts it."""

from musegen_daw.workers.process import main

if __name__ == "__main__":
    main()
