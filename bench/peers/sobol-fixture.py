#!/usr/bin/env python3
"""Records test/core/samplers/fixtures/sobol.json: points of SciPy's Sobol sequence without scramble, as fractions of 2**32.

Usage: GALAPAGOS_PEER_PYTHON bench/peers/sobol-fixture.py (from the project's root).
"""
import json, pathlib

from scipy.stats.qmc import Sobol

OUT = pathlib.Path(__file__).resolve().parents[2] / "test/core/samplers/fixtures/sobol.json"
DIMENSIONS = 256
# The Gray code of the last index has every one of the lowest 14 bits set.
INDICES = [0, 1, 2, 3, 4, 5, 6, 7, 100, 65537, 0b10101010101010]


def words(index):
    sequence = Sobol(DIMENSIONS, scramble=False)
    if index > 0:
        sequence.fast_forward(index)
    return [int(x * 2**32) for x in sequence.random(1)[0]]


if __name__ == "__main__":
    points = [{"index": index, "words": words(index)[: DIMENSIONS if index == INDICES[-1] else 16]} for index in INDICES]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(points) + "\n")
