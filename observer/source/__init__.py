"""Reads the source of the observed program."""
