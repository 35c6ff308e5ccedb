"""Text of all scripts: when two texts are the same, and where a word begins and ends.

In: any text. Out: its folded form (`folding`; `characters` knows their kinds), whether
words stand in it whole (`word_search`), and labels that look alike but differ (`look_alikes`).
docs/contract.md, Folding, has the rules.
"""
