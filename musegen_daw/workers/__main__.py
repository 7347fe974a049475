"""`python -m musegen_daw.workers`: the worker process, which only the program itself starts."""

from musegen_daw.workers.process import main

if __name__ == "__main__":
    main()
