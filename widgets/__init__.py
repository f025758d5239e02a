"""The panels of the screens: each draws a view that it is given, and none of them reads from processes."""
