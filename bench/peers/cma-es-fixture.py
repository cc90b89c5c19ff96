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


def search_to_its_end(seed, objective, population=6):
    """Samples of every generation of two continuous coordinates, and whether the package gives up after it."""
    optimizer = CatCMAwM(x_space=[[0.0, 1.0]] * 2, population_size=population, seed=seed)
    rows = []
    while not rows or not rows[-1]["stops"]:
        solutions = [optimizer.ask() for _ in range(population)]
        valued = [(s, float(objective(s.x))) for s in solutions]
        samples = [{"raw": listed(s._v_raw), "loss": v} for s, v in valued]
        optimizer.tell(valued)
        rows.append({"samples": samples, "stops": bool(optimizer.should_stop())})
    return {"population": population, "generations": rows}


def stop_of(generation=1, sigma=1.0, covariance=(1.0, 0.0, 0.0, 1.0), path=(0.0, 0.0), mean=(0.5, 0.5), values=(0.0, 1.0)):
    """Whether the package gives up a distribution of two continuous coordinates; values: of each of the last generations."""
    optimizer = CatCMAwM(x_space=[[0.0, 1.0]] * 2, population_size=6, seed=1)
    optimizer._g = generation
    optimizer._sigma = sigma
    optimizer._C = np.array(covariance).reshape(2, 2)
    optimizer._pc = np.array(path)
    optimizer._mean = np.array(mean)
    optimizer._B = optimizer._D = None
    optimizer._funhist_values = np.array(list(values) * optimizer._funhist_term)
    return {
        "generation": generation,
        "sigma": sigma,
        "covariance": list(covariance),
        "path": list(path),
        "mean": list(mean),
        "values": list(values),
        "stops": bool(optimizer.should_stop()),
    }


TURNED = (0.5, 0.3, 0.3, 0.5)
SINGULAR = (1.0, 0.0, 0.0, 1e-30)
STOPS = [
    stop_of(),
    stop_of(covariance=TURNED),
    # Equal values, too few generations and enough; a range just above the smallest.
    stop_of(20, values=(3.0, 3.0)),
    stop_of(21, values=(3.0, 3.0)),
    stop_of(21, values=(3.0, 3.0 + 5e-13)),
    stop_of(21, values=(3.0, 3.0 + 2e-12)),
    stop_of(400, values=(3.0, 3.0 + 2e-12)),
    # The spread, alone and with the path.
    stop_of(sigma=1e-11, mean=(0.0, 0.0)),
    stop_of(sigma=9e-13, mean=(0.0, 0.0)),
    stop_of(sigma=9e-13, mean=(0.0, 0.0), path=(0.0, 5.0)),
    stop_of(sigma=9e-13, mean=(0.0, 0.0), covariance=(1.0, 0.0, 0.0, 4.0)),
    stop_of(sigma=9e3),
    stop_of(sigma=2e4),
    # Steps that are lost in the rounding of the mean: of one coordinate, and along one axis.
    stop_of(sigma=1e-15, covariance=(1e4, 0.0, 0.0, 1e-4), path=(1e4, 0.0)),
    stop_of(2, sigma=4e-16, covariance=(1e2, 0.0, 0.0, 1e1), path=(1e5, 0.0)),
    stop_of(1, sigma=1.5e-8, covariance=(0.5, 0.4999999999999999, 0.4999999999999999, 0.5)),
    stop_of(2, sigma=1.5e-8, covariance=(0.5, 0.4999999999999999, 0.4999999999999999, 0.5)),
    stop_of(covariance=SINGULAR, mean=(0.0, 0.0)),
    stop_of(covariance=(1.0, 0.0, 0.0, 1e-20), mean=(0.0, 0.0)),
]

if __name__ == "__main__":
    fixture = {
        "stops": STOPS,
        "ends": {
            "a bowl": search_to_its_end(7, lambda x: np.sum((x - 0.3) ** 2)),
            "a plane without slope": search_to_its_end(8, lambda x: 1.0),
        },
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
