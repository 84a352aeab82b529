"""What malloc costs a program, and which profile suits it."""
