"""The scenario files, their steps, and how one is launched."""
