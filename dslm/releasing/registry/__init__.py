"""The MLflow registry: connection, store, errors, locations, runs and metrics.

In goes a workspace, out come versions, tags and files. Called by the rest of releasing and by the
train stage.
"""
