"""What is seen of a program, by every start method and on every Python."""
