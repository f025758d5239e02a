"""Reads the journals of a run and controls how many operations are sampled."""
