"""Long computations in processes of their own, so that the interpreter of the window stays free."""
