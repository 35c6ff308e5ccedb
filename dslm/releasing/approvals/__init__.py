"""Approvals: people's signatures that a move of the champion is to be made.

In goes a registered version, the release policy, and the journal; out comes what has to be approved
by how many, who has, and what is missing. `approval_statement` is what a person signs;
`counted_approvals` says whose signatures count; `required_approvals` what a version needs;
`approval_tags` where they are until the move, whose entry in the journal keeps them then;
`give_approval` makes one.
"""
