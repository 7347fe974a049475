"""A page for blind listening: originals, and under letters what each method makes of them."""
