"""Sources in; train, validation and calibration out: broken rows, leaks and duplicates counted."""
