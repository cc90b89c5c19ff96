"""Answers asks with Optuna's samplers, one study after the other.

Each line of input is one JSON object, each answer one line.
{"sampler": "tpe"|"gp"|"random"|"cma-es", "seed": n, "direction": ..., "space": {name: distribution}}
                                  starts a study with the sampler's defaults; answers {}
{"ask": true}                     answers {"number": n, "params": [...], "seconds": processor time of the ask}; an
                                  inactive parameter is null, a categorical the index of its choice
{"tell": n, "value": v}           answers {}
{"fill": count}                   adds finished trials of random points; answers {}
{"report": n, "step": s, "value": v}   answers {"prune": boolean}
{"prune": n}                      answers {}
A study may name a pruner: {"pruner": "none"|"hyperband"|"median"|"halving", "steps": n}.
"""
import json, math, sys, time, warnings

import optuna

optuna.logging.set_verbosity(optuna.logging.CRITICAL)
warnings.filterwarnings("ignore")


def sampler_of(name, seed):
    samplers = optuna.samplers
    if name == "tpe": return samplers.TPESampler(seed=seed)
    if name == "gp": return samplers.GPSampler(seed=seed)
    if name == "random": return samplers.RandomSampler(seed=seed)
    raise SystemExit(f"no sampler named {name}")


def pruner_of(name, steps):
    pruners = optuna.pruners
    if name == "none": return pruners.NopPruner()
    if name == "hyperband": return pruners.HyperbandPruner(1, steps, 3)
    if name == "median": return pruners.MedianPruner()
    if name == "halving": return pruners.SuccessiveHalvingPruner()
    raise SystemExit(f"no pruner named {name}")


def suggest(trial, name, distribution):
    if distribution["type"] == "categorical":
        return trial.suggest_categorical(name, list(range(len(distribution["choices"]))))
    low, high = distribution["low"], distribution["high"]
    options = {"log": True} if distribution.get("log") else {}
    if distribution.get("step"): options["step"] = distribution["step"]
    if distribution["type"] == "int": return trial.suggest_int(name, low, high, **options)
    return trial.suggest_float(name, low, high, **options)


def params_of(trial, space):
    values = {}
    for name, distribution in space.items():
        active = all(parent in values and space[parent]["choices"][values[parent]] in allowed
                     for parent, allowed in distribution.get("when", {}).items())
        if active: values[name] = suggest(trial, name, distribution)
    return [values.get(name) for name in space]


def random_trials(count):
    source = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(count):
        trial = source.ask()
        params = params_of(trial, space)
        source.tell(trial, sum((math.log(1 + abs(value)) - 1) ** 2 for value in params if value is not None))
    return source.get_trials(deepcopy=False)


study, space, open_trials = None, {}, {}
for line in sys.stdin:
    request = json.loads(line)
    if "sampler" in request:
        space, open_trials = request["space"], {}
        study = optuna.create_study(direction=request["direction"],
                                    sampler=sampler_of(request["sampler"], request["seed"]),
                                    pruner=pruner_of(request.get("pruner", "none"), request.get("steps", 1)))
        answer = {}
    elif "ask" in request:
        started = time.process_time()
        trial = study.ask()
        params = params_of(trial, space)
        open_trials[trial.number] = trial
        answer = {"number": trial.number, "params": params, "seconds": time.process_time() - started}
    elif "fill" in request:
        study.add_trials(random_trials(request["fill"]))
        answer = {}
    elif "report" in request:
        trial = open_trials[request["report"]]
        trial.report(request["value"], request["step"])
        answer = {"prune": trial.should_prune()}
    elif "prune" in request:
        study.tell(open_trials.pop(request["prune"]), state=optuna.trial.TrialState.PRUNED)
        answer = {}
    else:
        study.tell(open_trials.pop(request["tell"]), request["value"])
        answer = {}
    print(json.dumps(answer), flush=True)
