"""What a dossier looks like to others: to a reader, to Hugging Face, to tools that read Croissant.

In: the `Artefacts` of a dossier and what it says. Out: `index.html`, `model-card.md` and
`croissant.json` as texts and values, with nothing invisible in them. Called by `derived_files`.
"""
