"""What is recorded of each part of the standard library."""
