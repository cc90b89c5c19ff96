#!/usr/bin/env python3
"""Records test/core/analysis/fixtures/fanova.json: studies run by Galapagos and Optuna's fANOVA importances of their trials.

The evaluator runs once for each of eight seeds; values are the unnormalised fractions of the total variance. A conditional
parameter is evaluated over the trials that have it, which is what Optuna does where `params` names it.
Usage: GALAPAGOS_PEER_PYTHON bench/peers/fanova-fixture.py [name …] (from the project's root, after npm ci; needs scikit-learn).
"""
import json, pathlib, subprocess, sys, tempfile

import optuna
from optuna.importance import FanovaImportanceEvaluator

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "test/core/analysis/fixtures/fanova.json"
SEEDS = range(8)


def train(layers, settings):
    return {
        "kind": "train",
        "dataset": "mnist",
        "network": {
            "format": "galapagos-network/1",
            "name": "small",
            "layers": [{"type": "flatten"}, *layers, {"type": "dense", "units": 10}],
            "loss": {"type": "softmax-cross-entropy"},
        },
        "settings": {"epochs": 1, "validation": 0.9, **settings},
        "metric": "accuracy",
        "selectOn": "validation",
        "executor": "wasm",
        "bits": "wasm",
    }


def param(name):
    return {"$param": name}


LOG_RATE = {"type": "float", "low": 1e-4, "high": 0.5, "log": True}

# A name is that of a preset, or of a study file that is written from the value.
STUDIES = {
    "paper-mnist-evolution": None,
    "paper-mnist-random": None,
    "sphere": {
        "objective": {"kind": "synthetic", "function": "sphere"},
        "direction": "minimize",
        "searchSpace": {name: {"type": "float", "low": -1, "high": high} for name, high in dict(x=6, y=3, z=1).items()},
        "sampler": {"name": "random"},
        "stop": {"trials": 80},
    },
    "ackley": {
        "objective": {"kind": "synthetic", "function": "ackley", "divergeRate": 0.05},
        "direction": "minimize",
        "searchSpace": {
            "x": {"type": "float", "low": -20, "high": 30},
            "y": {"type": "int", "low": -3, "high": 12},
            "z": {"type": "float", "low": -2, "high": 2, "step": 0.5},
            "scale": {"type": "float", "low": 0.01, "high": 10, "log": True},
        },
        "sampler": {"name": "evolution"},
        "stop": {"trials": 120},
    },
    "activations": {
        "objective": train(
            [{"type": "dense", "units": param("units")}, {"type": param("activation")}],
            {"batch": param("batch"), "optimizer": {"type": "sgd", "learningRate": param("learningRate")}},
        ),
        "direction": "maximize",
        "searchSpace": {
            "units": {"type": "int", "low": 1, "high": 16},
            "activation": {"type": "categorical", "choices": ["relu", "tanh", "sigmoid", "silu"]},
            "batch": {"type": "categorical", "choices": [32, 128]},
            "learningRate": LOG_RATE,
        },
        "sampler": {"name": "random"},
        "stop": {"trials": 64},
    },
    "optimizers": {
        "objective": train(
            [{"type": "dense", "units": 16}, {"type": "relu"}, {"type": "dropout", "rate": param("dropout")}],
            {
                "batch": 64,
                "optimizer": {
                    "type": param("optimizer"),
                    "learningRate": param("learningRate"),
                    "momentum": param("momentum"),
                },
            },
        ),
        "direction": "maximize",
        "searchSpace": {
            "optimizer": {"type": "categorical", "choices": ["sgd", "adam"]},
            "learningRate": LOG_RATE,
            "momentum": {"type": "float", "low": 0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
            "dropout": {"type": "float", "low": 0, "high": 0.9},
        },
        "sampler": {"name": "random"},
        "stop": {"trials": 80},
    },
}


def recorded(name, definition, folder):
    study_file = name
    if definition is not None:
        study_file = str(folder / f"{name}.json")
        whole = {"format": "galapagos-study/1", "name": name, **definition, "seed": 1}
        pathlib.Path(study_file).write_text(json.dumps(whole))
    lab = folder / f"{name}.db"
    command = ["node", "bin/galapagos.mjs", "run", study_file, "--lab", str(lab), "--workers", "1"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    study = optuna.load_study(study_name=name, storage=f"sqlite:///{lab}")
    trials = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    space = {}
    for trial in trials:
        space.update(trial.distributions)
    always = [p for p in space if all(p in t.params for t in trials)]
    fanova = {p: [] for p in space}
    for seed in SEEDS:
        found = FanovaImportanceEvaluator(seed=seed).evaluate(study, params=always)
        for p in space:
            if p in always:
                fanova[p].append(round(found[p], 6))
                continue
            having = [t for t in trials if p in t.params]
            beside = [q for q in space if all(q in t.params for t in having)]
            fanova[p].append(round(FanovaImportanceEvaluator(seed=seed).evaluate(study, params=beside)[p], 6))
    described = definition or json.loads((ROOT / f"resources/studies/{name}.json").read_text())
    return {
        "name": name,
        "direction": described["direction"],
        "searchSpace": described["searchSpace"],
        "trials": [[t.params, t.value if abs(t.value) != float("inf") else None] for t in trials],
        "fanova": fanova,
    }


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    wanted = sys.argv[1:] or list(STUDIES)
    kept = json.loads(OUT.read_text())["studies"] if OUT.exists() else []
    studies = {study["name"]: study for study in kept}
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            studies[name] = recorded(name, STUDIES[name], pathlib.Path(folder))
            print(name, {p: sum(v) / len(v) for p, v in studies[name]["fanova"].items()}, flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(studies[name]) for name in STUDIES if name in studies)
    OUT.write_text(f'{{"optuna": "{optuna.__version__}", "seeds": {len(SEEDS)}, "studies": [\n{lines}\n]}}\n')


main()
