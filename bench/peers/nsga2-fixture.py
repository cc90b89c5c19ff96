#!/usr/bin/env python3
"""Records test/core/samplers/fixtures/nsga2.json: ranks and crowding distances of Optuna's NSGA-II.

Each case has values of trials by objective, in the study's directions, the total violation of their constraints (null: the study
has none), the rank of each trial, its crowding distance within its rank, and, where one trial alone has the smallest distance of
the last rank, the trial that leaves a population with room for all but one.
Usage: python bench/peers/nsga2-fixture.py (from the project's root; optuna 5.0.0).
"""
import json, pathlib

import numpy as np
import optuna
from optuna.samplers.nsgaii._elite_population_selection_strategy import (
    NSGAIIElitePopulationSelectionStrategy,
    _calc_crowding_distance,
    _rank_population,
)
from optuna.trial import TrialState

OUT = pathlib.Path(__file__).resolve().parents[2] / "test/core/samplers/fixtures/nsga2.json"
optuna.logging.set_verbosity(optuna.logging.ERROR)


def case(values, directions, constraints=None):
    study = optuna.create_study(directions=directions)
    for i, row in enumerate(values):
        trial = study.ask()
        if constraints is not None:
            for name, value in enumerate(constraints[i]):
                trial.set_constraint(str(name), float(value))
        study.tell(trial, [float(v) for v in row])
    trials = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    by_rank = _rank_population(trials, study.directions, is_constrained=constraints is not None)
    ranks, crowding = [0] * len(trials), [0.0] * len(trials)
    for rank, members in enumerate(by_rank):
        distances = _calc_crowding_distance(list(members))
        for member in members:
            ranks[member.number] = rank
            crowding[member.number] = distances[member.number]
    last = sorted(crowding[member.number] for member in by_rank[-1])
    leaves = None
    if len(last) == 1 or last[0] < last[1]:
        select = NSGAIIElitePopulationSelectionStrategy(population_size=len(trials) - 1)
        stays = {member.number for member in select(study, list(trials))}
        (leaves,) = set(range(len(trials))) - stays
    return {
        "directions": directions,
        "values": [[float(v) for v in row] for row in values],
        "violations": None if constraints is None else [float(np.maximum(row, 0).sum()) for row in constraints],
        "ranks": ranks,
        "crowding": [None if np.isinf(d) else d for d in crowding],
        "leaves": leaves,
    }


def main():
    rng = np.random.default_rng(1)
    low, high = "minimize", "maximize"
    grid = rng.integers(0, 5, (40, 2)) / 4
    cases = {
        "two objectives": case(rng.random((40, 2)), [low, low]),
        "two objectives of two directions": case(rng.normal(size=(32, 2)) * [1, 1000], [low, high]),
        "three objectives": case(rng.random((48, 3)), [low, high, low]),
        "four objectives": case(rng.random((32, 4)) ** 3, [high, low, low, high]),
        "ties and repeated values": case(np.round(grid, 12), [low, low]),
        "an objective that is constant": case(np.c_[rng.random(12), np.ones(12)], [low, low]),
        "constraints, some satisfied": case(rng.random((40, 2)), [low, low], rng.normal(size=(40, 2))),
        "constraints, none satisfied": case(rng.random((16, 2)), [low, high], 0.25 + rng.integers(0, 4, (16, 1))),
    }
    OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


main()
