"""The data card as Croissant 1.1, so that a machine reads what the data is without seeing any.

Takes the artefacts; gives JSON-LD in which counts are records and no case is, nor a digest of one.
Called by `derived_files`. https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html and
http://mlcommons.org/croissant/RAI/1.0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dslm.contract import Contract
from dslm.data_card import PARTS, DataCard
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.claims.all_claims import ARTEFACTS
from dslm.reporting.formatting import plain_value, visible_value

CONFORMS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
BECOMES = {
    "surrogate": "replaced by invented values of the same form",
    "mask": "replaced by their kind in brackets",
    "drop": "left out with their case",
    "keep": "counted and kept",
}


def croissant(found: Artefacts, digest: str) -> dict[str, Any] | None:
    """The data of a release as Croissant; None where it has no data card.

    Args:
        found: The artefacts.
        digest: SHA-256 of the data card, hex.
    """
    card, contract = found.data_card, found.contract
    if card is None or contract is None:
        return None
    made: dict[str, Any] = {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        "name": f"{card.workflow} data",
        "description": f"Labelled cases of the workflow {card.workflow}: {card.summary} The cases "
        "themselves are not passed on; what is known of them is counted here.",
        "license": sorted({source.licence for source in contract.data.sources}),
        "url": f"urn:dslm:data:{card.workflow}:{card.digests.get('data', 'unknown')}",
        "version": f"{contract.version}.0.0",
        "distribution": [_file(digest)],
        "recordSet": [
            _splits(card),
            _dropped(card),
            *(_values(tallied.name, tallied.values, number)
              for number, tallied in enumerate((*card.labels, *card.slices), start=1)),
        ],
        **_responsible(contract, card),
    }  # fmt: skip
    told: dict[str, Any] = visible_value(made)
    return told


def _file(digest: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": "data-card",
        "name": "data-card.json",
        "description": "All that is counted of the data.",
        "contentUrl": ARTEFACTS["data card"],
        "encodingFormat": "application/json",
        "sha256": digest,
    }


def _splits(card: DataCard) -> dict[str, Any]:
    rows = [
        {"splits/name": name, "splits/cases": part.cases, "splits/groups": part.groups}
        for name, part in card.parts.items()
    ]
    fields = [("name", "sc:Text"), ("cases", "sc:Integer"), ("groups", "sc:Integer")]
    made = _records("splits", "Splits, and the gold set that is never trained on.", fields, rows)
    return made | {"dataType": "cr:Split", "key": {"@id": "splits/name"}}


def _dropped(card: DataCard) -> dict[str, Any]:
    rows = [
        {"dropped/reason": reason, "dropped/cases": count}
        for reason, count in sorted(card.dropped.items())
    ]
    fields = [("reason", "sc:Text"), ("cases", "sc:Integer")]
    return _records("dropped", "Cases that were left out, by reason.", fields,
                    rows or [{"dropped/reason": "none", "dropped/cases": 0}])  # fmt: skip


def _values(name: str, values: Sequence[Any], number: int) -> dict[str, Any]:
    """How often each value of a label or slice occurs."""
    own = f"values-{number}"
    rows = [
        {f"{own}/value": plain_value(one.value), **{f"{own}/{p}": one.cases[p] for p in PARTS}}
        for one in values
    ]
    fields = [("value", "sc:Text"), *((part, "sc:Integer") for part in PARTS)]
    empty = {f"{own}/value": "none"} | {f"{own}/{part}": 0 for part in PARTS}
    return _records(own, f"Cases by value of {name}.", fields, rows or [empty])


def _records(
    name: str, description: str, fields: Sequence[tuple[str, str]], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "field": [
            {"@type": "cr:Field", "@id": f"{name}/{field}", "name": f"{name}/{field}",
             "description": field, "dataType": kind}
            for field, kind in fields
        ],
        "data": rows,
    }  # fmt: skip


def _responsible(contract: Contract, card: DataCard) -> dict[str, Any]:
    """What the vocabulary for responsible AI asks, as far as it is known."""
    personal = contract.data.personal
    looked = "The contract names no personal data, and none was looked for."
    if personal.looks:
        kinds = sorted({*personal.kinds, *personal.places.values()})
        looked = f"Looked for: {', '.join(kinds)}. Values found were {BECOMES[personal.mode]}."
    gold = card.reach.gold
    until = contract.data.valid_until
    kept = {"rai:dataReleaseMaintenancePlan": f"Speaks for the workflow until {until}."}
    return {
        "rai:dataCollection": "; ".join(source.origin for source in contract.data.sources),
        "rai:dataPreprocessingProtocol": [
            f"{count} cases left out: {reason}" for reason, count in sorted(card.dropped.items())
        ] or ["No case was left out."],
        "rai:personalSensitiveInformation": [looked],
        "rai:dataLimitations": [
            f"{gold.cases} gold cases decide a loss of {gold.margin * 100:.1f} points, and no less."
        ],
        "rai:dataUseCases": [contract.summary],
        **(kept if until else {}),
    }  # fmt: skip
