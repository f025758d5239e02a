"""The address to which the observed session reports."""

ADDRESS_VARIABLE = "ROCKPROC_PYTEST"
"""The environment variable with the address. It tells the observed session from the one that observes, and is removed
before the first test."""
