"""What changed since the champion was judged, and which of it asks less.

In go two sets of terms, out come changes. Called by the gate and by promotion.
"""
