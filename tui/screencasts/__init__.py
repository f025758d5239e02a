"""Records the app's own frames as a screencast."""
