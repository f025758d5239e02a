"""The base classes of the panels."""
