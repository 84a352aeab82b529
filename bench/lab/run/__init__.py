"""Running it: in which order, under watch, into which folder."""
