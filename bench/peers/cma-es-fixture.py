#!/usr/bin/env python3
"""Records test/core/samplers/fixtures/cma-es.json: generations of CatCMAwM, the implementation of CatCMA with Margin by its authors.

Every numeric coordinate is on [0, 1], continuous ones first. Ordinals of one case have equally many values: the package pads
shorter rows with their largest value and then takes the padding for a boundary.
Usage: python bench/peers/cma-es-fixture.py (from the project's root; cmaes 0.13.1, scipy).
"""
import json, pathlib

import cmaes
import numpy as np
from cmaes import CatCMAwM

OUT = pathlib.Path(__file__).resolve().parents[2] / "test/core/samplers/fixtures/cma-es.json"


def listed(values):
    return [None if not np.isfinite(x) else float(x) for x in np.ravel(values)]


def case(seed, continuous, cells, ordinals, choices, objective, generations, population=None, failed=()):
    """Ranks samples of the package by an objective; numbers of the trials in `failed` have no value."""
    optimizer = CatCMAwM(
        x_space=[[0.0, 1.0]] * continuous or None,
        z_space=[[k / (cells - 1) for k in range(cells)]] * ordinals or None,
        c_space=choices or None,
        population_size=population,
        seed=seed,
    )
    rows, number = [], 0
    for _ in range(generations):
        solutions = []
        for _ in range(optimizer.population_size):
            solution = optimizer.ask()
            x = solution.x if continuous else np.zeros(0)
            z = solution.z if ordinals else np.zeros(0)
            c = [int(np.argmax(row)) for row in solution.c] if choices else []
            value = np.inf if number in failed else round(float(objective(x, z, c)), 12)
            solutions.append((solution, value))
            number += 1
        samples = [
            {
                "raw": listed(s._v_raw) if s._v_raw is not None else [],
                "chosen": [int(np.argmax(row)) for row in s.c] if choices else [],
                "loss": None if np.isinf(v) else v,
            }
            for s, v in solutions
        ]
        optimizer.tell(solutions)
        after = {}
        if continuous + ordinals:
            after |= {
                "mean": listed(optimizer._mean),
                "sigma": float(optimizer._sigma),
                "covariance": listed(optimizer._C),
                "sigmaPath": listed(optimizer._p_sigma),
                "path": listed(optimizer._pc),
                "scale": listed(optimizer._A),
            }
        if ordinals:
            after["leaving"] = listed(optimizer._pmut)
        if choices:
            after |= {
                "probabilities": [listed(optimizer._q[i, :k]) for i, k in enumerate(choices)],
                "slowness": float(optimizer._Delta),
            }
        rows.append({"samples": samples, "after": after})
    return {
        "continuous": continuous,
        "cells": cells,
        "ordinals": ordinals,
        "choices": choices,
        "population": optimizer.population_size,
        "weights": listed(optimizer._weights),
        "generations": rows,
    }


def bowl(x, z, c):
    """Optimum inside for the continuous, at the last value for every second ordinal, at choice 1."""
    ends = np.array([1.0 if i % 2 else 0.5 for i in range(len(z))])
    return np.sum((x - 0.3) ** 2) + np.sum(np.abs(z - ends)) + 0.2 * sum(k != 1 for k in c)


if __name__ == "__main__":
    fixture = {
        "cmaes": cmaes.__version__,
        "cases": {
            "continuous": case(1, 3, 0, 0, [], bowl, 12),
            "a valley beyond the bounds": case(2, 4, 0, 0, [], lambda x, z, c: x[0] - 2 * x[1] + (x[2] - x[3]) ** 2, 10),
            "ordinals": case(3, 0, 5, 3, [], bowl, 14),
            "categoricals": case(4, 0, 0, 0, [2, 3, 5], bowl, 12),
            "mixed, with failures": case(5, 2, 7, 2, [3, 4], bowl, 14, None, {21, 25, 40}),
            "mixed, a larger population": case(6, 2, 30, 2, [2], bowl, 6, 16),
        },
    }
    OUT.write_text(json.dumps(fixture) + "\n")
