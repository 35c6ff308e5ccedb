"""The evidence pack of one release: a folder and one page that people outside can check.

In: a registered version, the journal and what the repository keeps beside it. Out: a folder with
copies of what shows how good the release is, without inputs, answers and personal values, and what
follows from these copies: model card, Croissant data card, the map of controls, one HTML page.
Called by `dslm release dossier`, `dslm release verify --dossier` and `dslm verify --dossier`.
"""
