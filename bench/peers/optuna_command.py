"""What a trial costs in Optuna whose objective is a subprocess.

usage: optuna_command.py WORKERS TRIALS COMMAND...      prints one JSON line {trials, seconds, optuna}
One parameter, appended to the command; random sampler; threads as study.optimize(n_jobs=WORKERS)
starts them; SQLite. The value is what follows "v=" on standard output.
"""
import json, subprocess, sys, tempfile, time

workers, trials, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]

import optuna

optuna.logging.set_verbosity(optuna.logging.CRITICAL)


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    ran = subprocess.run([*command, str(x)], capture_output=True, text=True, check=True)
    return float(ran.stdout.split("v=")[1])


with tempfile.TemporaryDirectory() as scratch:
    study = optuna.create_study(storage=f"sqlite:///{scratch}/study.db", sampler=optuna.samplers.RandomSampler())
    start = time.time()
    study.optimize(objective, n_trials=trials, n_jobs=workers)
    print(json.dumps({"trials": trials, "seconds": time.time() - start, "optuna": optuna.__version__}))
