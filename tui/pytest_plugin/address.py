"""The address to which the observed session reports."""

ADDRESS_VARIABLE = "ROCKPROC_PYTEST"
"""The environment variable with the address. Only the observed session has it. It is removed
before the first test."""
