"""Problems that can be proved or strongly suspected from a world."""
