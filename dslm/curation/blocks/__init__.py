"""The blocks of curation: each looks for one fault and says which cases to drop, and why.

A block takes cases sorted by id and gives drops. `dslm.curation.pipeline` puts them in order.
"""
