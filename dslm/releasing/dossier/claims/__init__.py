"""What a release's files show, claim by claim, and the map of controls that rests on it.

In: the `Artefacts` of a dossier. Out: for each claim whether it holds, in words (`claims.py`, by
the predicates of `data_claims`, `quality_claims`, `origin_claims` and `decision_claims`); for each
row of `control_map.yaml` its status (`controls.py`). Called by `derived_files`; cards and page take
the names of files.
"""
