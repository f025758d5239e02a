"""Outside the observed processes: launches a run, keeps its world, sends signals. Knows no screen."""
