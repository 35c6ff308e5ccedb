"""Loads what the stages recorded and refuses what does not belong together.

In goes a workspace, out comes the gate's input. Called by the gate and by registration.
"""
