"""The scenario files, their experiments, and how one is launched."""
