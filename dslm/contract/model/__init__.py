"""The contract as people write it, closed and typed: `workflow.yaml`.

In goes a YAML file, out comes a `Contract`. Called by everything.
"""
