"""The state of a run at one moment: plain data, which imports nothing else of ours."""
