"""The study of fitted profiles on real programs."""
