"""Where the time goes: profilers and flame graphs."""
