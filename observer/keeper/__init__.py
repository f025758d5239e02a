"""Starts the program, reads its output, and ends all of its processes."""
