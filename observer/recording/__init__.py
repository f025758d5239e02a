"""Recordings: files with the state of a run at every moment. `docs/recording-format.md` describes the format."""
