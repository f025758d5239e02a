"""The report of a run, as data and as text."""
