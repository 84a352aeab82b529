"""Playing the calls of a recorded program again."""
