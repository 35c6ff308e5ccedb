"""Scaffolding: `dslm init` makes a workflow from a sample of the user's own data."""
