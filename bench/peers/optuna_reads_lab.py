#!/usr/bin/env python3
"""optuna_reads_lab.py LAB_DB STUDY

What Optuna makes of a lab file: one JSON object on stdout with the trials by state, the best trial, the data frame's shape (null
without pandas), and what asking and telling three more trials did, on a copy. The given file is only read.
"""
import collections, contextlib, json, math, os, sqlite3, sys, tempfile, urllib.request, warnings

import optuna

lab, name = sys.argv[1:3]
optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("error")  # e.g. a range that does not end on a step
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
warnings.simplefilter("ignore", DeprecationWarning)

with tempfile.TemporaryDirectory() as folder:
    copy = os.path.join(folder, "copy.db")
    quiet = "" if os.path.exists(lab + "-wal") else "&immutable=1"
    source = "file:" + urllib.request.pathname2url(os.path.abspath(lab)) + "?mode=ro" + quiet
    with contextlib.closing(sqlite3.connect(source, uri=True, timeout=30)) as a, contextlib.closing(sqlite3.connect(copy)) as b:
        a.backup(b)
    study = optuna.load_study(study_name=name, storage="sqlite:///" + copy, sampler=optuna.samplers.TPESampler(seed=1))
    trials = study.get_trials(deepcopy=False)
    for trial in trials:
        trial._validate()
    done = [t for t in trials if t.state == optuna.trial.TrialState.COMPLETE and all(math.isfinite(v) for v in t.values)]
    best = study.best_trial if done else None
    try:
        frame = list(study.trials_dataframe().shape)
    except ImportError:
        frame = None

    def objective(trial):
        space = {}
        for t in trials:
            space.update(t.distributions)
        for key, d in space.items():
            trial._suggest(key, d)
        return 0.5

    study.optimize(objective, n_trials=3)
    told = [t for t in study.get_trials(deepcopy=False) if t.number >= len(trials)]
    print(
        json.dumps(
            {
                "optuna": optuna.__version__,
                "direction": study.direction.name,
                "trials": len(trials),
                "states": collections.Counter(t.state.name for t in trials),
                "best": best and {"number": best.number, "value": best.value, "params": best.params},
                "attributes": sorted({key for t in trials for key in t.user_attrs}),
                "frame": frame,
                "told": [{"number": t.number, "state": t.state.name, "params": sorted(t.params)} for t in told],
            }
        )
    )
