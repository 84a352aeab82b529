"""The header study: the one-byte class header on against off."""
