"""Outside the observed processes: launches a run, reads its journals, keeps its world, sends signals. Knows no screen."""
