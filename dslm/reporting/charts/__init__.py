"""Charts as SVG: risk-coverage curve, power curve, histograms, bars.

In go numbers, out comes SVG. Called by the pages.
"""
