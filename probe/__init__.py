"""The code that runs inside the observed processes: standard library only, CPython 3.8 and later."""
