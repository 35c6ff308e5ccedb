"""What writes source files: files handed over on the command line, and `meta.breaks` proposed.

In goes a file or the sources, out come cases in sources and gold. Called by `dslm import`, `dslm
init` and `dslm breaks`.
"""

from dslm.curation.imports.command_line_inputs import given_rows
from dslm.curation.imports.file_import import Imported, import_cases
from dslm.curation.imports.import_mapping import Keys
from dslm.curation.imports.labelled_rows import (
    INPUT_KEYS,
    TARGET_KEYS,
    Meta,
    input_in,
    meta_in,
    object_in,
)
from dslm.curation.imports.propose_breaks import Proposal, declare, proposals

__all__ = [
    "INPUT_KEYS",
    "TARGET_KEYS",
    "Imported",
    "Keys",
    "Meta",
    "Proposal",
    "declare",
    "given_rows",
    "import_cases",
    "input_in",
    "meta_in",
    "object_in",
    "proposals",
]
