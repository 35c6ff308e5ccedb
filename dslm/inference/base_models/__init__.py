"""Base models on disk: located, locked, proved, loaded; settings that a base or adapter may have.

In goes a recipe's base, out come proved files or a model. Called by training, the decider and
releases.
"""
