"""Checkpoints: which are whole, and the callback that writes them.

In goes a trainer's state, out come folders. Called by the training run and the train stage.
"""
