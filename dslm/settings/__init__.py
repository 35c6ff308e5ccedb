"""Closed, typed settings: where files lie, params, recipes, gate policies, and how YAML is read."""
