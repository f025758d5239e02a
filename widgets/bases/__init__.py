"""What several panels are built from."""
