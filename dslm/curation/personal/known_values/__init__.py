"""Values that were found anywhere, looked for everywhere: indexes over all rows and within groups.

In go found values, out come hits in texts. Called by replacement and proof.
"""
