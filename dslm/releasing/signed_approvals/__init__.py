"""Approvals: people's signatures that a move of the champion is to be made.

In goes a registered version, the release policy, and the journal; out comes what has to be approved
by how many, who has, and what is missing. `statement` is what a person signs; `counting` says whose
signatures count; `asked` what a version needs; `kept` where they are until the move, whose entry in
the journal keeps them then; `approving` makes one.
"""
