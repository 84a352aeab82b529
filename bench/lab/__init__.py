"""The laboratory: runs benchmark programs over variants, and says what the numbers show."""
