"""The app, its start and its command palette."""
