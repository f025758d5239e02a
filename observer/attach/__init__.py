"""Reads a program that was not started under observation, from /proc alone.

Nothing runs inside the program, and it is not stopped. The result is a `World`, as an observed run gives it.
"""
