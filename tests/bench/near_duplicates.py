"""Near-duplicate search beside datasketch, rensa and text-dedup: speed of one core, recall.

    python tests/bench/near_duplicates.py --texts chats.jsonl.gz [--out table.json]

One run, the same folded texts for all: those of the given JSON lines, and a copy of one in twenty
with a line added at its end or one word replaced. Each peer makes its own signatures of 128
hashes over the same character 3-grams (shingling counted), finds candidates at the same threshold,
and is timed by the processor's clock, the best of three. text-dedup's grams are of words: it gets
each letter as one. Ours compares the texts themselves afterwards, the peers do not, which is to
their advantage.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dslm.contract.answers.field_equality import fold
from dslm.curation.near_duplicate_search.minhash_signatures import Texts
from dslm.curation.near_duplicate_search.near_pairs import near_pairs
from dslm.curation.near_duplicate_search.text_similarity import NGRAM

THRESHOLD = 0.8
HASHES = 128  # of the peers, as they come; ours takes 64
Pairs = set[tuple[int, int]]


def shingles(text: str) -> set[str]:
    """Character 3-grams for the peers, in the fastest way Python knows."""
    return {text[i : i + NGRAM] for i in range(max(1, len(text) - NGRAM + 1))}


def ours(texts: list[str]) -> Pairs:
    """Signatures of Daft, bands and ends, true comparison."""
    return set(near_pairs(Texts.of(texts, THRESHOLD), None, THRESHOLD))


def with_datasketch(texts: list[str]) -> Pairs:
    """MinHash and MinHashLSH of datasketch."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=HASHES)
    pairs: Pairs = set()
    for place, text in enumerate(texts):
        signature = MinHash(num_perm=HASHES)
        signature.update_batch([piece.encode() for piece in shingles(text)])
        pairs |= {(other, place) for other in index.query(signature)}
        index.insert(place, signature)
    return pairs


def with_rensa(texts: list[str]) -> Pairs:
    """R-MinHash and its LSH of rensa."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=HASHES, num_bands=16)
    pairs: Pairs = set()
    for place, text in enumerate(texts):
        signature = RMinHash(num_perm=HASHES, seed=1)
        signature.update(list(shingles(text)))
        pairs |= {(other, place) for other in index.query(signature)}
        index.insert(place, signature)
    return pairs


def with_text_dedup(texts: list[str]) -> Pairs:
    """Signatures and hash tables of text-dedup, a cluster's texts paired with its first."""
    import numpy as np
    from text_dedup import minhash

    bands, rows = minhash.optimal_param(
        THRESHOLD, HASHES, false_positive_weight=0.5, false_negative_weight=0.5
    )
    prime = np.uint64((1 << 61) - 1)
    chance = np.random.RandomState(42)
    signed = partial(
        minhash.embed_func, num_perm=HASHES, ngram_size=3, min_length=1,
        hashranges=[(n * rows, (n + 1) * rows) for n in range(bands)],
        permutations=(
            chance.randint(1, prime, size=(HASHES,), dtype=np.uint64),
            chance.randint(0, prime, size=(HASHES,), dtype=np.uint64),
        ),
        hash_func=lambda data: minhash.sha1_hash(data, d=32),
        dtype=np.uint64, max_hash=np.uint32((1 << 32) - 1), modulo_prime=prime,
    )  # fmt: skip
    tables: list[dict[bytes, list[int]]] = [{} for _ in range(bands)]
    for place, text in enumerate(texts):
        hashes = signed(" ".join(text), place)[minhash.SIGNATURE_COLUMN]
        for table, one in zip(tables, hashes, strict=True):
            table.setdefault(one, []).append(place)
    clusters = (cluster for table in tables for cluster in table.values())
    return {(cluster[0], place) for cluster in clusters for place in cluster[1:]}


def planted(texts: list[str]) -> tuple[list[str], Pairs]:
    """The texts with copies of one in twenty at the end, and which pairs those make."""
    rng = random.Random(3)
    together, pairs = list(texts), set()
    for place, text in enumerate(texts):
        if rng.random() < 0.05 and len(text) >= 40:
            cut = rng.randrange(len(text) - 6)
            edited = text[:cut] + "xyzzy" + text[cut + 5 :]
            pairs.add((place, len(together)))
            together.append(rng.choice([edited, f"{text}thanks"]))
    return together, pairs


def measured(
    search: Callable[[list[str]], Pairs], texts: list[str], pairs: Pairs
) -> dict[str, float]:
    """Texts a second of processor time, the best of three, and the share of planted pairs found."""
    seconds = []
    for _ in range(3):
        began = time.process_time()
        found = search(texts)
        seconds.append(time.process_time() - began)
    return {
        "texts_a_cpu_second": round(len(texts) / min(seconds)),
        "recall": round(len(pairs & found) / len(pairs), 4),
        "pairs": len(found),
    }


def main() -> None:
    """Measure all peers and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    raw: set[str] = set()
    for path in asked.texts:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            raw |= {fold(json.loads(line)["text"]) for line in stream}
    texts, pairs = planted(sorted(raw))
    searches = {"ours": ours, "rensa": with_rensa, "datasketch": with_datasketch,
                "text-dedup": with_text_dedup}  # fmt: skip
    ours(texts[:100])  # Daft starts its engine once
    found = {name: measured(search, texts, pairs) for name, search in searches.items()}
    speed = {name: value["texts_a_cpu_second"] for name, value in found.items()}
    result = {
        "machine": platform.machine(),
        "texts": len(texts), "mean_characters": round(sum(map(len, texts)) / len(texts), 1),
        "planted_pairs": len(pairs), "threshold": THRESHOLD, "peers": found,
        "times_faster": {n: round(speed["ours"] / s, 1) for n, s in speed.items() if n != "ours"},
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
