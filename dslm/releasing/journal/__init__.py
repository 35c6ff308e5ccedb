"""The history of the champion: hash chain, anchors outside of it, its copy in git, its proof.

In go journal entries, out comes a proved history. Called by moves, backup, dossier and drill.
"""
