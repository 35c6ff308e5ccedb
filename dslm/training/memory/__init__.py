"""Memory: predicted, measured with one step, and the update cut to fit.

In go shapes and a recipe, out come forecast and micro-batches. Called by the training run and
`dslm doctor`.
"""
