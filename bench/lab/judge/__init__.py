"""What the numbers show: intervals, comparisons, bars, regressions."""
