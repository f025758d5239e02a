"""Turns bytes into text and numbers, without I/O and without the model."""
