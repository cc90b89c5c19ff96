#!/usr/bin/env python3
"""Records test/core/samplers/fixtures/gp.json: the Gaussian process of Optuna's GPSampler at given hyperparameters.

Coordinates are on [0, 1], those of a categorical are the index of its choice. Values are to be maximised, as Optuna has them. A
case has the log marginal likelihood without its constant, the posterior at some points and the log of the expected improvement
there, and both again after running trials count as ended with their predicted mean. `standard` has the log of the expected
improvement of a standard normal variable over thresholds.
Usage: python bench/peers/gp-fixture.py (from the project's root; optuna 5.0.0, torch, scipy).
"""
import json, pathlib

import numpy as np
import torch
from optuna._gp.acqf import logei, standard_logei
from optuna._gp.gp import GPRegressor

OUT = pathlib.Path(__file__).resolve().parents[2] / "test/core/samplers/fixtures/gp.json"


def tensor(values):
    return torch.tensor(np.asarray(values), dtype=torch.float64)


def points(rng, count, numbers, choices):
    return np.c_[rng.random((count, numbers)), *(rng.integers(0, n, count) for n in choices)]


def case(seed, count, numbers, choices, scale, noise):
    rng = np.random.default_rng(seed)
    x = points(rng, count, numbers, choices)
    y = np.sin(5 * x[:, 0]) - x[:, 1:].sum(axis=1) / 2 + 0.1 * rng.normal(size=count)
    y = (y - y.mean()) / y.std()
    weights = np.exp(rng.normal(size=x.shape[1]))
    categorical = np.array([False] * numbers + [True] * len(choices))
    model = GPRegressor(
        torch.from_numpy(categorical), tensor(x), tensor(y), tensor(weights), tensor(scale), tensor(noise)
    )
    likelihood = float(model.marginal_log_likelihood())
    model._cache_matrix()
    # Far from, near to and at observed points.
    asked = np.r_[points(rng, 8, numbers, choices), x[:2], x[2:4] * np.where(categorical, 1, 0.999)]
    running = points(rng, 3, numbers, choices)

    def predicted(best):
        mean, variance = model.posterior(tensor(asked))
        improvement = logei(mean, variance.clone(), best)
        return {"mean": mean.tolist(), "variance": variance.tolist(), "logEi": improvement.tolist(), "best": best}

    before = predicted(float(y.max()))
    believed, _ = model.posterior(tensor(running))
    model.append_running_data(tensor(running), believed)
    return {
        "numbers": numbers,
        "choices": choices,
        "x": x.tolist(),
        "y": y.tolist(),
        "weights": weights.tolist(),
        "scale": scale,
        "noise": noise,
        "likelihood": likelihood,
        "asked": asked.tolist(),
        "before": before,
        "running": running.tolist(),
        "believed": believed.tolist(),
        "after": predicted(float(max(y.max(), believed.max()))),
    }


def main():
    z = [3, 1, 0.5, 0, -0.5, -1, -2, -5, -10, -20, -24.9, -25.1, -30, -40, -100, -1000]
    cases = {
        "three numbers": case(1, 24, 3, [], 1.3, 0.01),
        "numbers and categoricals": case(2, 40, 2, [3, 2], 0.7, 0.1),
        "one number, little noise": case(3, 6, 1, [], 2.0, 1e-4),
        "ten numbers": case(4, 64, 10, [], 1.0, 0.05),
    }
    standard = {"z": z, "logEi": standard_logei(tensor(z)).tolist()}
    OUT.write_text(json.dumps({"cases": cases, "standard": standard}, separators=(",", ":")) + "\n")


main()
