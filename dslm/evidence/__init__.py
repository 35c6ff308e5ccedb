"""What scores, verdicts and releases are evidence of; whoever acts on them compares it all again.

`evidence_record` is the noun, `working_tree` what lies there now, `certified_threshold` the
threshold's own, `champion_release` what the release that serves says of itself, `release_terms`
what it was held to. Needs no torch.
"""

from dslm.evidence.certified_threshold import (
    OF_THE_TREE,
    Calibration,
    Step,
    Threshold,
    load_calibration,
    nearest,
    refuse_foreign,
    threshold_in,
)
from dslm.evidence.champion_release import CHAMPION_FILE, ChampionRelease, read_champion_release
from dslm.evidence.evidence_record import (
    ENGINE,
    FORMAT,
    KEYS,
    NONE,
    Evidence,
    Model,
    engine_differences,
    read_evidence,
    refuse_differences,
    refuse_others,
    release_digest,
)
from dslm.evidence.expected_evidence import BaseThreshold, wanted
from dslm.evidence.release_terms import (
    MADE_FROM,
    TERMS_FILE,
    CaseDigests,
    Terms,
    case_digests_of,
    changed_cases,
    group_digest,
    proved_terms,
    read_terms,
    terms_of,
)
from dslm.evidence.working_tree import (
    JUDGING_CODE,
    TRAINED_FROM,
    adapter_digests,
    code_digest,
    current,
    data_digest,
    digest_there,
    read_json,
)

__all__ = [
    "CHAMPION_FILE",
    "ENGINE",
    "FORMAT",
    "JUDGING_CODE",
    "KEYS",
    "MADE_FROM",
    "NONE",
    "OF_THE_TREE",
    "TERMS_FILE",
    "TRAINED_FROM",
    "BaseThreshold",
    "Calibration",
    "CaseDigests",
    "ChampionRelease",
    "Evidence",
    "Model",
    "Step",
    "Terms",
    "Threshold",
    "adapter_digests",
    "case_digests_of",
    "changed_cases",
    "code_digest",
    "current",
    "data_digest",
    "digest_there",
    "engine_differences",
    "group_digest",
    "load_calibration",
    "nearest",
    "proved_terms",
    "read_champion_release",
    "read_evidence",
    "read_json",
    "read_terms",
    "refuse_differences",
    "refuse_foreign",
    "refuse_others",
    "release_digest",
    "terms_of",
    "threshold_in",
    "wanted",
]
