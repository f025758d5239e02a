"""Fuzzers that know the structure of what they damage: journals and recordings.

`make fuzz` runs them for an hour; see `__main__`. `test_fuzz.py` tries a few cases of each from a fixed seed.
"""
