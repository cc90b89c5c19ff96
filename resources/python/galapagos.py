"""Client of Galapagos for training scripts: parameters, reports, pruning, results.

One file without dependencies, for Python 3.8 and newer. In a trial, Galapagos describes it in the
environment (`GALAPAGOS_PARAMS`, `GALAPAGOS_REPORTS`, `GALAPAGOS_STOP` ...). Outside a study every
function still works: `params` returns the defaults, `report` and `finish` print, `should_prune`
returns False. So a script that uses this module also runs by itself.

    import galapagos

    p = galapagos.params(learningRate=0.1, epochs=10)
    for epoch in range(p["epochs"]):
        accuracy = train_one_epoch(p["learningRate"])
        galapagos.report(epoch, accuracy)
        if galapagos.should_prune():
            break
    galapagos.finish(accuracy)

An Optuna objective runs as it is: `galapagos.optimize(objective)`, or without any change of its
script `python -m galapagos script.py`.
"""

import contextlib
import importlib
import importlib.util
import json
import math
import operator
import os
import signal
import sys

__all__ = [
    "GalapagosError",
    "Trial",
    "TrialPruned",
    "attempt",
    "checkpoint_dir",
    "finish",
    "in_study",
    "keras_callback",
    "lightning_callback",
    "optimize",
    "params",
    "report",
    "run",
    "seed",
    "should_prune",
    "stop_reason",
    "transformers_callback",
    "trial",
    "trial_dir",
    "trial_number",
]

__version__ = "0.1.0"


class GalapagosError(RuntimeError):
    """The script and the study disagree, or Galapagos' files cannot be read or written."""


class TrialPruned(Exception):
    """Ends an objective early. `optimize` also accepts Optuna's exception of this name."""


# The trial ------------------------------------------------------------------------------------


def in_study():
    """Returns True if Galapagos runs this script as a trial."""
    return "GALAPAGOS_REPORTS" in os.environ


def params(defaults=None, **more):
    """Returns the parameters of the trial as a dict; outside a study the defaults.

    Accepts defaults as a dict, as keyword arguments, or as both. A parameter that the study does
    not search keeps its default. A number takes the type of its default where that loses nothing.
    """
    values = dict(defaults or {}, **more)
    for name, value in _given().items():
        values[name] = _typed(value, values[name]) if name in values else value
    return values


def report(step, value, **metrics):
    """Reports the value after a step, for example an epoch counted from 0, with other metrics."""
    number, line = _step(step), {}
    line["step"], line["value"] = number, _value("value", value)
    if metrics:
        line["metrics"] = _metrics(metrics)
    _last_reported.append(line["value"])
    del _last_reported[:-1]
    if not _append(line):
        _say("step %d: %s%s" % (number, _text(line["value"]), _in_brackets(line.get("metrics"))))


def should_prune():
    """Returns True once the trial should end: pruned, cancelled or out of time.

    A script that asks ends by itself: from the first call on, the SIGTERM that comes with the end
    is ignored. Galapagos kills a script that goes on for longer than `graceSeconds`.
    """
    _end_by_itself()
    return _should_end()


def _should_end():
    path = os.environ.get("GALAPAGOS_STOP")
    return bool(path) and os.path.exists(path)


def stop_reason():
    """Returns "pruned", "cancelled" or "timedOut" once the trial should end, otherwise None."""
    if not _should_end():
        return None
    try:
        with open(os.environ["GALAPAGOS_STOP"], encoding="utf-8", errors="replace") as file:
            return file.read().strip() or "pruned"
    except OSError:
        return "pruned"


def finish(value, **metrics):
    """Gives the final value of the trial, with other metrics. The last call counts."""
    _finish(value, metrics)


def checkpoint_dir(default="checkpoints"):
    """Returns a folder that exists and outlives attempts of the trial; outside a study `default`."""
    return _folder(os.environ.get("GALAPAGOS_CHECKPOINT_DIR") or default)


def trial_dir(default="."):
    """Returns the folder of this attempt, which exists; outside a study `default`."""
    return _folder(os.environ.get("GALAPAGOS_TRIAL_DIR") or default)


def seed(default=0):
    """Returns the seed of the trial; outside a study `default`."""
    return _integer_of("GALAPAGOS_SEED", default)


def trial_number(default=0):
    """Returns the number of the trial; outside a study `default`."""
    return _integer_of("GALAPAGOS_TRIAL", default)


def attempt(default=1):
    """Returns the number of the attempt, from 1; above 1, an earlier attempt of the trial was lost."""
    return _integer_of("GALAPAGOS_ATTEMPT", default)


# Optuna's interface ---------------------------------------------------------------------------


class Trial:
    """The trial with the methods of `optuna.trial.Trial`; its values come from the study.

    Each suggestion checks the value against the range that the script names, and raises
    GalapagosError if the study file disagrees. Outside a study it suggests the values of `fixed`,
    otherwise the middle of the range or the first choice, and prints them.
    """

    def __init__(self, fixed=None):
        self.number = trial_number()
        self.params = {}
        self.user_attrs = {}
        self.system_attrs = {}
        self._in_study = "GALAPAGOS_PARAMS" in os.environ
        self._given = dict(_given() if self._in_study else fixed or {})

    def suggest_float(self, name, low, high, *, step=None, log=False):
        """Returns the value of a float parameter, low <= value <= high."""
        _check_range(name, low, high, step, log)
        wanted = _float_entry(low, high, step, log)

        def check(value):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                return None
            inside = low <= value <= high or _near(value, low) or _near(value, high)
            return float(value) if inside and _on_grid(value, low, step) else None

        middle = math.sqrt(low * high) if log else low + (high - low) / 2
        if step is not None:
            middle = low + math.floor((high - low) / step / 2 + 1e-9) * step
        return self._suggest(name, check, float(min(max(middle, low), high)), wanted)

    def suggest_int(self, name, low, high, *, step=1, log=False):
        """Returns the value of an integer parameter, low <= value <= high."""
        _check_range(name, low, high, step, log)
        wanted = _int_entry(low, high, step, log)

        def check(value):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                return None
            whole = float(value).is_integer() and low <= value <= high
            return int(value) if whole and (int(value) - low) % step == 0 else None

        if log:
            middle = min(max(int(round(math.sqrt(low * high))), low), high)
        else:
            middle = low + (high - low) // step // 2 * step
        return self._suggest(name, check, middle, wanted)

    def suggest_categorical(self, name, choices):
        """Returns one of the choices."""
        choices = list(choices)
        if not choices:
            raise ValueError("suggest_categorical(%r): expected at least one choice" % name)

        def check(value):
            for equal in (_same, _similar, _same_text):
                for choice in choices:
                    if equal(value, choice):
                        return (choice,)
            return None

        wanted = {"type": "categorical", "choices": [_plain(choice) for choice in choices]}
        return self._suggest(name, check, (choices[0],), wanted)[0]

    def suggest_uniform(self, name, low, high):
        """Returns the value of a float parameter; a former name of `suggest_float`."""
        return self.suggest_float(name, low, high)

    def suggest_loguniform(self, name, low, high):
        """Returns the value of a float parameter on a logarithmic scale; a former name."""
        return self.suggest_float(name, low, high, log=True)

    def suggest_discrete_uniform(self, name, low, high, q):
        """Returns the value of a float parameter with a step; a former name."""
        return self.suggest_float(name, low, high, step=q)

    def report(self, value, step):
        """Reports the value after a step; the order of the arguments is Optuna's."""
        report(step, value)

    def should_prune(self):
        """Returns True once the trial should end."""
        return should_prune()

    def set_user_attr(self, key, value):
        """Records a metric of the trial: a number or a text; anything else as JSON."""
        self.user_attrs[key] = value
        number = _number_or_none(value)
        metric = value if isinstance(value, str) else number
        if metric is None:
            metric = json.dumps(value, default=str)
        if not _append({"metrics": {str(key): _finite(metric)}}):
            _say("%s: %s" % (key, metric))

    def set_system_attr(self, key, value):
        """Keeps the value in this process only."""
        self.system_attrs[key] = value

    def _suggest(self, name, check, middle, wanted):
        if name in self._given:
            value = check(self._given[name])
            if value is None:
                raise GalapagosError(self._disagreement(name, self._given[name], wanted))
        elif self._in_study:
            raise GalapagosError(
                "the trial has no value for %s: its study file lacks the parameter, or a "
                "condition (`when`) excludes it here. The script expects, in searchSpace: %s: %s"
                % (name, json.dumps(name), json.dumps(wanted, default=str))
            )
        else:
            value = middle
        shown = value[0] if isinstance(value, tuple) else value
        if name not in self.params and not self._in_study:
            _say("%s = %r" % (name, shown))
        self.params[name] = shown
        return value

    def _disagreement(self, name, value, wanted):
        source = "the study file" if self._in_study else "the fixed value"
        return (
            "%s and the script disagree about %s: its value %r is not in the range that the "
            "script names. The script expects, in searchSpace: %s: %s"
            % (source, name, value, json.dumps(name), json.dumps(wanted, default=str))
        )


def trial(fixed=None, **more):
    """Returns the trial with Optuna's interface; `fixed` are values for use outside a study."""
    return Trial(dict(fixed or {}, **more))


def optimize(objective, metrics=None, fixed=None):
    """Calls an Optuna objective once with the trial, and gives what it returns as the result.

    An objective that returns several values needs their names in `metrics`; the first is the value
    of the trial. A TrialPruned, Optuna's or this module's, ends the trial with its last report.
    Returns the value or values; None if the trial was pruned.
    """
    try:
        value = objective(trial(fixed))
    except Exception as error:
        if not any(kind.__name__ == "TrialPruned" for kind in type(error).__mro__):
            raise
        if not should_prune():
            # The objective's own decision: as in Optuna, the last report is the value.
            if not _last_reported:
                raise
            finish(_last_reported[-1])
        return None
    if value is None:
        raise GalapagosError("the objective returned None: expected a number")
    if not isinstance(value, (tuple, list)):
        finish(value)
        return value
    names = list(metrics or [])
    if len(names) != len(value):
        raise GalapagosError(
            "the objective returned %d values, and `metrics` names %d: name each of them, for "
            'example metrics=["accuracy", "seconds"], in the order of "objectives" in the study '
            "file" % (len(value), len(names))
        )
    _finish(value[0], {str(name): one for name, one in zip(names, value)})
    return value


run = optimize


# Callbacks of training frameworks -------------------------------------------------------------


def keras_callback(monitor, finish_at_end=True):
    """Returns a Keras callback that reports `monitor` after each epoch and stops a pruned trial.

    The other logs are reported as metrics. With `finish_at_end` the last value is the result.
    """
    base = _first_module("keras", "tf_keras", "tensorflow.keras").callbacks.Callback

    class GalapagosCallback(base):
        def __init__(self):
            super().__init__()
            self.last = None

        def on_epoch_end(self, epoch, logs=None):
            self.last = _picked(monitor, logs or {})
            report(epoch, self.last[0], **self.last[1])
            if should_prune():
                self.model.stop_training = True

        def on_train_end(self, logs=None):
            if finish_at_end and self.last is not None:
                finish(self.last[0], **self.last[1])

    return GalapagosCallback()


def lightning_callback(monitor, finish_at_end=True):
    """Returns a PyTorch Lightning callback that reports `monitor` after each validation.

    Stops a pruned trial after the epoch. Only the first process of a distributed training reports.
    With `finish_at_end` the last value is the result.
    """
    base = _first_module("lightning.pytorch", "pytorch_lightning").Callback

    class GalapagosCallback(base):
        def __init__(self):
            super().__init__()
            self.last = None

        def on_validation_end(self, trainer, pl_module):
            if getattr(trainer, "sanity_checking", False):
                return
            if getattr(trainer, "is_global_zero", True):
                self.last = _picked(monitor, getattr(trainer, "callback_metrics", {}))
                report(trainer.current_epoch, self.last[0], **self.last[1])
            if should_prune():
                trainer.should_stop = True

        def on_fit_end(self, trainer, pl_module):
            if finish_at_end and self.last is not None:
                finish(self.last[0], **self.last[1])

    return GalapagosCallback()


def transformers_callback(monitor, finish_at_end=True):
    """Returns a callback of Hugging Face's Trainer that reports `monitor` after each evaluation.

    `monitor` is a key of the evaluation's metrics such as "eval_loss". Steps count evaluations from
    0. With `finish_at_end` the last value is the result.
    """
    base = _first_module("transformers").TrainerCallback

    class GalapagosCallback(base):
        def __init__(self):
            super().__init__()
            self.last = None
            self.evaluations = {}

        def on_evaluate(self, args, state, control, metrics=None, **kwargs):
            step = self.evaluations.setdefault(state.global_step, len(self.evaluations))
            if getattr(state, "is_world_process_zero", True):
                self.last = _picked(monitor, metrics or {})
                report(step, self.last[0], **self.last[1])
            if should_prune():
                control.should_training_stop = True
            return control

        def on_train_end(self, args, state, control, **kwargs):
            if finish_at_end and self.last is not None:
                finish(self.last[0], **self.last[1])

    return GalapagosCallback()


def _first_module(*names):
    """Returns the first of the modules that the script has loaded, otherwise that is installed."""
    for name in sorted(names, key=lambda name: name not in sys.modules):
        with contextlib.suppress(ImportError):
            return importlib.import_module(name)
    raise GalapagosError("this callback needs %s, which is not installed" % " or ".join(names))


def _picked(monitor, logs):
    """Returns the monitored value, and the other numbers under names that `report` accepts."""
    if monitor not in logs:
        raise GalapagosError(
            "the callback monitors %r, which is not among: %s"
            % (monitor, ", ".join(sorted(map(str, logs))) or "nothing was logged")
        )
    numbers = {str(name): _number_or_none(value) for name, value in logs.items()}
    others = {
        name: value
        for name, value in numbers.items()
        if value is not None and name not in (monitor, "step", "value")
    }
    return float(logs[monitor]), others


# Files and numbers ----------------------------------------------------------------------------

_last_reported = []
_asking_processes = []


def _end_by_itself():
    """Installs a handler that ignores SIGTERM once the trial should end; once in a process."""
    process = os.getpid()
    if process in _asking_processes or not in_study():
        return
    _asking_processes[:] = [process]

    def end(number, frame):
        # A SIGTERM of another program, or to a child made by fork, has its usual effect.
        if os.getpid() == process and _should_end():
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    # ValueError: another thread than the main one.
    with contextlib.suppress(ValueError):
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, end)


def _given():
    path = os.environ.get("GALAPAGOS_PARAMS")
    if not path:
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            values = json.load(file)
    except (OSError, ValueError) as error:
        raise GalapagosError("cannot read GALAPAGOS_PARAMS=%s: %s" % (path, error)) from error
    if not isinstance(values, dict):
        raise GalapagosError("GALAPAGOS_PARAMS=%s: expected one JSON object" % path)
    return values


def _finish(value, metrics):
    line = {"result": None if value is None else _value("value", value)}
    if metrics:
        line["metrics"] = _metrics(metrics)
    if not _append(line):
        _say("result: %s%s" % (_text(line["result"]), _in_brackets(line.get("metrics"))))


def _append(line):
    """Appends a JSON line to the file of reports; returns False outside a study."""
    path = os.environ.get("GALAPAGOS_REPORTS")
    if not path:
        return False
    data = (json.dumps(line, allow_nan=False) + "\n").encode("ascii")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    try:
        file = os.open(path, flags, 0o600)
        try:
            # One write, so that lines of several threads and processes never mix.
            while data:
                data = data[os.write(file, data) :]
        finally:
            os.close(file)
    except OSError as error:
        raise GalapagosError("cannot write GALAPAGOS_REPORTS=%s: %s" % (path, error)) from error
    return True


def _say(text):
    print("galapagos: %s" % text, flush=True)


def _folder(path):
    os.makedirs(path, exist_ok=True)
    return os.path.abspath(path)


def _integer_of(name, default):
    text = os.environ.get(name)
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise GalapagosError("%s: expected an integer, found %r" % (name, text)) from None


def _typed(value, default):
    if isinstance(default, bool) or isinstance(value, bool):
        return value
    if isinstance(default, float) and isinstance(value, int):
        return float(value)
    if isinstance(default, int) and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _step(step):
    try:
        number = operator.index(step)
    except TypeError:
        number = int(step) if _number_or_none(step) is not None and float(step).is_integer() else -1
    if number < 0:
        raise ValueError("step: expected an integer >= 0, found %r" % (step,))
    return number


def _value(name, value):
    number = _number_or_none(value)
    if number is None:
        raise TypeError("%s: expected a number, found %r" % (name, value))
    return _finite(number)


def _metrics(metrics):
    return {
        name: value if isinstance(value, str) else _value("metric %s" % name, value)
        for name, value in metrics.items()
    }


def _number_or_none(value):
    """Returns an int or a float; also for scalars of NumPy, PyTorch and TensorFlow."""
    if isinstance(value, (str, bytes)) or value is None:
        return None
    with contextlib.suppress(TypeError):
        return operator.index(value)
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        return None


def _finite(number):
    """Returns a float that JSON cannot represent as its name."""
    if not isinstance(number, float) or math.isfinite(number):
        return number
    return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"


def _text(value):
    return "%.6g" % value if isinstance(value, float) else str(value)


def _in_brackets(metrics):
    if not metrics:
        return ""
    return " (%s)" % ", ".join("%s %s" % (name, _text(value)) for name, value in metrics.items())


def _check_range(name, low, high, step, log):
    if not low <= high:
        raise ValueError("%s: expected low <= high, found %r and %r" % (name, low, high))
    if log and low <= 0:
        raise ValueError("%s: expected low > 0 with log, found %r" % (name, low))
    if step is not None and step <= 0:
        raise ValueError("%s: expected step > 0, found %r" % (name, step))


def _float_entry(low, high, step, log):
    entry = {"type": "float", "low": low, "high": high}
    if log:
        entry["log"] = True
    if step is not None:
        entry["step"] = step
    return entry


def _int_entry(low, high, step, log):
    entry = {"type": "int", "low": low, "high": high}
    if log:
        entry["log"] = True
    elif step != 1:
        entry["step"] = step
    return entry


def _near(value, bound):
    return math.isclose(value, bound, rel_tol=1e-9)


def _on_grid(value, low, step):
    if step is None:
        return True
    steps = (value - low) / step
    return abs(steps - round(steps)) <= 1e-6 * max(1.0, abs(steps))


def _same(value, choice):
    return type(value) is type(choice) and value == choice


def _similar(value, choice):
    numbers = (int, float)
    if isinstance(value, bool) or isinstance(choice, bool):
        return False
    return isinstance(value, numbers) and isinstance(choice, numbers) and value == choice


def _same_text(value, choice):
    """A choice that JSON cannot represent stands in the study file as its text."""
    return isinstance(value, str) and _plain(choice) == value


def _plain(choice):
    json_types = (str, int, float, bool, type(None))
    return choice if isinstance(choice, json_types) else str(choice)


# python -m galapagos --------------------------------------------------------------------------

_USAGE = """usage: python -m galapagos FILE[:OBJECTIVE] [ARGUMENTS ...]

Imports a script with an Optuna objective without running its main part, and calls the objective
once with the trial of Galapagos. OBJECTIVE is the function's name, by default `objective`.
ARGUMENTS are the script's own.
"""


def _main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_USAGE, end="")
        return 0 if arguments else 2
    path, colon, name = arguments[0].rpartition(":")
    # A colon may also belong to a drive of Windows.
    if not (colon and name.isidentifier() and path):
        path, name = arguments[0], "objective"
    if not os.path.isfile(path):
        print("galapagos: there is no file %s" % path, file=sys.stderr)
        return 2
    folder, file = os.path.split(os.path.abspath(path))
    sys.argv = [path] + arguments[1:]
    # The module of `-m` put the current folder first; a script's own folder takes its place.
    sys.path[0] = folder
    module_name = os.path.splitext(file)[0]
    spec = importlib.util.spec_from_file_location(module_name, os.path.join(folder, file))
    module = importlib.util.module_from_spec(spec)
    # Child processes of data loaders find the objective's classes by this name.
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    objective = getattr(module, name, None)
    if not callable(objective):
        print(
            "galapagos: %s has no function %s; name one as %s:FUNCTION" % (path, name, path),
            file=sys.stderr,
        )
        return 2
    optimize(objective)
    return 0


if __name__ == "__main__":
    # One module, whether a script imports `galapagos` or this file runs as the main program.
    sys.modules["galapagos"] = sys.modules["__main__"]
    sys.exit(_main(sys.argv[1:]))
