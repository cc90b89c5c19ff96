#!/usr/bin/env python3
"""Records test/core/samplers/fixtures/tpe.json: Parzen estimators and splits of Optuna's TPESampler, computed by its own code.

Points are encoded as Galapagos encodes them: numbers as they are, choices by index. NumPy's argsort is made stable, because
σ of equal observations depends on their order, which is arbitrary otherwise.
Usage: GALAPAGOS_PEER_PYTHON bench/peers/tpe-fixture.py (from the project's root; Optuna 5.0.0).
"""
import json, pathlib

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import _split_trials, default_gamma, default_weights
from optuna.trial import TrialState, create_trial

unstable_argsort = np.argsort
np.argsort = lambda values, **options: unstable_argsort(values, **{**options, "kind": "stable"})

OUT = pathlib.Path(__file__).resolve().parents[2] / "test/core/samplers/fixtures/tpe.json"
PARAMETERS = _ParzenEstimatorParameters(
    prior_weight=1.0, consider_magic_clip=True, consider_endpoints=False, weights=default_weights, multivariate=True
)
SPACE = {
    "momentum": {"type": "float", "low": 0, "high": 0.999},
    "rate": {"type": "float", "low": 1e-5, "high": 1, "log": True},
    "dropout": {"type": "float", "low": 0, "high": 0.9, "step": 0.1},
    "layers": {"type": "int", "low": 1, "high": 8},
    "units": {"type": "int", "low": 16, "high": 1024, "step": 16},
    "batch": {"type": "int", "low": 8, "high": 512, "log": True},
    "activation": {"type": "categorical", "choices": ["relu", "tanh", "gelu"]},
}


def distribution(parameter):
    if parameter["type"] == "categorical":
        return CategoricalDistribution(parameter["choices"])
    make = FloatDistribution if parameter["type"] == "float" else IntDistribution
    return make(parameter["low"], parameter["high"], **{k: v for k, v in parameter.items() if k in ("log", "step")})


def column(random, parameter, count):
    """Values near a centre, so that some kernels overlap and others are far away."""
    if parameter["type"] == "categorical":
        return [int(x) for x in random.randint(len(parameter["choices"]), size=count)]
    low, high, step = parameter["low"], parameter["high"], parameter.get("step", 1 if parameter["type"] == "int" else None)
    unit = np.clip(0.35 + 0.2 * random.randn(count), 0, 1)
    unit = np.where(random.rand(count) < 0.2, random.rand(count), unit)
    values = np.exp(np.log(low) + unit * np.log(high / low)) if parameter.get("log") else low + unit * (high - low)
    if step is not None:
        values = low + np.round((values - low) / step) * step
    if parameter["type"] == "int":
        return [int(x) for x in np.clip(values, low, high)]
    return [round(float(x), 1 if step is not None else 12) for x in np.clip(values, low, high)]


def estimator(seed, names, count):
    random = np.random.RandomState(seed)
    space = {name: distribution(SPACE[name]) for name in names}
    observed = {name: column(random, SPACE[name], count) for name in names}
    candidates = {name: column(random, SPACE[name], 12) for name in names}
    mixture = _ParzenEstimator({k: np.array(v, dtype=float) for k, v in observed.items()}, space, PARAMETERS)
    numeric = [i for i, name in enumerate(names) if SPACE[name]["type"] != "categorical"]
    inner = mixture._mixture_distribution
    return {
        "space": {name: SPACE[name] for name in names},
        "observed": observed,
        "candidates": candidates,
        "weights": inner.weights.tolist(),
        "sigmas": {names[i]: inner.distributions[i].sigma.tolist() for i in numeric},
        "logDensities": mixture.log_pdf({k: np.array(v, dtype=float) for k, v in candidates.items()}).tolist(),
    }


def split(seed, count, direction):
    """Trials in all states, with equal values among them, and the numbers of the good ones. Some pruned ones report nothing."""
    random = np.random.RandomState(seed)
    study = optuna.create_study(direction=direction)
    trials = []
    for number in range(count):
        state = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING][random.choice(3, p=[0.04, 0.76, 0.2])]
        value, step = round(float(random.rand()), 1), [None, 1, 3, 3, 10][random.choice(5)]
        trial = create_trial(
            state=state,
            value=value if state == TrialState.COMPLETE else None,
            intermediate_values={0: 9 * random.rand(), step: value} if state == TrialState.PRUNED and step else {},
        )
        trial.number = number
        trials.append((trial, value, step))
    finished = sum(trial.state != TrialState.RUNNING for trial, _, _ in trials)
    below, _ = _split_trials(study, [trial for trial, _, _ in trials], default_gamma(finished))
    rows = [{"state": trial.state.name.lower(), "value": value, "step": step} for trial, value, step in trials]
    return {"direction": direction, "trials": rows, "good": [trial.number for trial in below]}


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    every = list(SPACE)
    fixture = {
        "optuna": optuna.__version__,
        "goodCounts": {str(n): default_gamma(n) for n in (1, 9, 10, 11, 64, 100, 101, 249, 250, 251, 10_000)},
        "estimators": [
            estimator(1, every, 0),
            estimator(2, every, 1),
            estimator(3, every, 2),
            estimator(4, every, 12),
            estimator(5, every, 26),
            estimator(6, ["momentum", "rate"], 130),
            estimator(7, ["momentum", "units", "batch", "activation"], 130),
            estimator(8, ["activation"], 40),
        ],
        "splits": [split(1, 60, "minimize"), split(2, 60, "maximize"), split(3, 200, "minimize"), split(4, 15, "maximize")],
    }
    OUT.write_text(json.dumps(fixture) + "\n")
