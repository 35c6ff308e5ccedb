"""The release policy of a repository that has none yet, for the user's own data.

Takes the repository; writes `registry/policy.yaml` where there is none. Called by `init_workflow`.
The published key is not taken, and what has to be filled in by hand stands there as comments.
"""

from __future__ import annotations

from pathlib import Path

from dslm.provenance import write_atomic
from dslm.settings.files.regular_files import is_there
from dslm.settings.release_policy import PATH

TEXT = """\
# yaml-language-server: $schema=../docs/schemas/release-policy.schema.json
# Which releases this repository takes, and who must approve what. docs/releases.md explains each
# key; `dslm check WORKFLOW` says what is missing for data that are not invented.
signing:
  required: false           # true, once the people below have keys: unsigned is refused then
  demonstration_key: false  # published, proves nothing: for invented data only
  keys: []                  # of a team or CI; people's stand below
# people:                   # each runs `dslm release keygen` and puts the key that it prints here
#   ann:
#     - public_key: |
#         -----BEGIN PUBLIC KEY-----
#         ...
#         -----END PUBLIC KEY-----
#   bob:
#     - public_key: |
#         ...
# roles:
#   trainer: [ann]          # their keys sign releases
#   promoter: [ann, bob]    # theirs alone sign moves of the champion
#   approver: [ann, bob]
# approvals:
#   promotion: {count: 1, role: approver, not_the_trainer: true}
#   loosening: {count: 1, role: approver}       # without this line, a loosening is refused
#   waiver: {count: 1, role: approver}          # without it, waivers are whoever's the file says
#   policy_change: {count: 1, role: approver}   # of this file, once a release was made under it
"""


def write_release_policy(root: Path) -> None:
    """Write it, unless the repository has one."""
    if not is_there(root / PATH):
        write_atomic(root / PATH, TEXT)
