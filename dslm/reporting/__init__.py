"""What people read of a run: the HTML report in one file, and the lines in the terminal."""
