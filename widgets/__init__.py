"""One panel a file: draws a world that it is given; knows no process."""
