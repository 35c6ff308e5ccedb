"""Statistics that more than one activity rests on: one function for one question.

Takes counts, sums and sizes of groups; gives bounds, p-values, levels and numbers of cases. No
rows, no files, no policy. Scoring, gating, checking and the data card call it, so that they say the
same.
"""
