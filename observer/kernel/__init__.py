"""Everything that reads /proc or sends signals."""
