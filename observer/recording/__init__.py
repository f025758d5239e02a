"""Recordings: what a run's world was at every moment, on disk. `docs/recording.md` describes the file."""
