"""The tests compare a program with its observation, by every start method and on every Python."""
