"""What to run: rows, variants, sweeps, and the options that choose them."""
