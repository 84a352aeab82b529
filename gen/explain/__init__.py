"""A profile, for a person."""
