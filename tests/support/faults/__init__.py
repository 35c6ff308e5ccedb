"""Makes broken inputs and faults in evidence."""
