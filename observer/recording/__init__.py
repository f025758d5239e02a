"""Recordings: what a run's world was at every moment, on disk. `docs/recording-format.md` describes the file."""
