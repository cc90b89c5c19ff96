"""Tests of resources/python/galapagos.py, run by module.test.ts with each Python at hand."""

import ast
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", "..", "resources", "python")
sys.path.insert(0, FOLDER)
sys.dont_write_bytecode = True

import galapagos  # noqa: E402

NAMES = [
    "GALAPAGOS_PARAMS",
    "GALAPAGOS_REPORTS",
    "GALAPAGOS_STOP",
    "GALAPAGOS_TRIAL_DIR",
    "GALAPAGOS_CHECKPOINT_DIR",
    "GALAPAGOS_TRIAL",
    "GALAPAGOS_ATTEMPT",
    "GALAPAGOS_SEED",
]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="galapagos é ")
        self.addCleanup(self.folder.cleanup)
        before = {name: os.environ.pop(name, None) for name in NAMES}
        self.addCleanup(self.restore, before)
        del galapagos._last_reported[:]
        self.printed = io.StringIO()
        redirected = contextlib.redirect_stdout(self.printed)
        redirected.__enter__()
        self.addCleanup(redirected.__exit__, None, None, None)

    @staticmethod
    def restore(before):
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def study(self, **values):
        with open(self.path("params.json"), "w", encoding="utf-8") as file:
            json.dump(values, file)
        os.environ["GALAPAGOS_PARAMS"] = self.path("params.json")
        os.environ["GALAPAGOS_REPORTS"] = self.path("reports.jsonl")
        os.environ["GALAPAGOS_STOP"] = self.path("stop")
        os.environ["GALAPAGOS_CHECKPOINT_DIR"] = self.path("checkpoints")

    def stop(self, reason="pruned"):
        with open(self.path("stop"), "w") as file:
            file.write(reason)

    def lines(self):
        with open(self.path("reports.jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]


class OutsideAStudy(Case):
    def test_params_returns_the_defaults(self):
        self.assertEqual(galapagos.params({"a": 1}, b=2.5), {"a": 1, "b": 2.5})

    def test_report_and_finish_print(self):
        galapagos.report(3, 0.91, loss=0.25)
        galapagos.finish(float("nan"))
        self.assertEqual(
            self.printed.getvalue(),
            "galapagos: step 3: 0.91 (loss 0.25)\ngalapagos: result: nan\n",
        )

    def test_a_trial_is_never_pruned(self):
        self.assertFalse(galapagos.should_prune())
        self.assertIsNone(galapagos.stop_reason())

    def test_numbers_and_folders_are_the_defaults(self):
        self.assertEqual((galapagos.seed(7), galapagos.trial_number(), galapagos.attempt()), (7, 0, 1))
        folder = galapagos.checkpoint_dir(self.path("mine"))
        self.assertTrue(os.path.isdir(folder))

    def test_a_trial_suggests_the_middle_or_the_first_choice_and_prints_it(self):
        trial = galapagos.trial()
        self.assertAlmostEqual(trial.suggest_float("rate", 1e-4, 1, log=True), 1e-2)
        self.assertEqual(trial.suggest_float("share", 0, 1, step=0.25), 0.5)
        self.assertEqual(trial.suggest_int("units", 16, 256, step=16), 128)
        self.assertEqual(trial.suggest_categorical("kind", ["sgd", "adam"]), "sgd")
        self.assertIn("galapagos: units = 128\n", self.printed.getvalue())
        self.assertEqual(list(trial.params), ["rate", "share", "units", "kind"])

    def test_fixed_values_take_the_place_of_suggestions_and_are_checked(self):
        trial = galapagos.trial(rate=0.5, units=3)
        self.assertEqual(trial.suggest_float("rate", 0, 1), 0.5)
        with self.assertRaisesRegex(galapagos.GalapagosError, "the fixed value .* units"):
            trial.suggest_int("units", 4, 8)


class InAStudy(Case):
    def test_params_are_those_of_the_trial_over_the_defaults(self):
        self.study(rate=1, units=64, név="é")
        values = galapagos.params(rate=0.1, units=32, epochs=5)
        self.assertEqual(values, {"rate": 1.0, "units": 64, "név": "é", "epochs": 5})
        self.assertIsInstance(values["rate"], float)

    def test_reports_and_results_are_json_lines(self):
        self.study()
        galapagos.report(0, 0.5, loss=2, note="é")
        galapagos.report(1, float("inf"))
        galapagos.finish(0.75, seconds=1.5)
        galapagos.finish(None)
        self.assertEqual(
            self.lines(),
            [
                {"step": 0, "value": 0.5, "metrics": {"loss": 2, "note": "é"}},
                {"step": 1, "value": "inf"},
                {"result": 0.75, "metrics": {"seconds": 1.5}},
                {"result": None},
            ],
        )
        self.assertEqual(self.printed.getvalue(), "")

    def test_scalars_of_other_libraries_are_numbers(self):
        class Scalar:
            def __float__(self):
                return 0.25

        class Whole:
            def __index__(self):
                return 4

        self.study()
        galapagos.report(Whole(), Scalar(), count=Whole())
        galapagos.report(2.0, 1)
        self.assertEqual(
            self.lines(),
            [{"step": 4, "value": 0.25, "metrics": {"count": 4}}, {"step": 2, "value": 1}],
        )

    def test_bad_steps_and_values_are_refused_before_anything_is_written(self):
        self.study()
        for step in (-1, 0.5, "1", None, float("nan"), float("inf")):
            with self.assertRaisesRegex(ValueError, "step: expected an integer"):
                galapagos.report(step, 1)
        for value in ("0.5", None, [1]):
            with self.assertRaisesRegex(TypeError, "value: expected a number"):
                galapagos.report(0, value)
        with self.assertRaisesRegex(TypeError, "metric loss: expected a number"):
            galapagos.finish(1, loss=[2])
        self.assertFalse(os.path.exists(self.path("reports.jsonl")))

    def test_lines_of_several_threads_do_not_mix(self):
        self.study()

        def work(thread):
            for step in range(50):
                galapagos.report(step, thread, text="x" * 3000)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.lines()), 200)

    def test_the_stop_file_ends_the_trial_and_says_why(self):
        self.study()
        self.assertFalse(galapagos.should_prune())
        self.stop("cancelled\n")
        self.assertTrue(galapagos.should_prune())
        self.assertEqual(galapagos.stop_reason(), "cancelled")

    @unittest.skipIf(os.name == "nt", "Windows has no SIGTERM")
    def test_a_script_that_asks_cleans_up_at_the_sigterm_of_its_end(self):
        self.study()
        script = self.asking("while not galapagos.should_prune(): time.sleep(0.01)", "print('clean')")
        self.stop()
        script.send_signal(signal.SIGTERM)
        self.assertEqual(script.communicate(timeout=60)[0], b"clean\n")
        self.assertEqual(script.returncode, 0)

    @unittest.skipIf(os.name == "nt", "Windows has no SIGTERM")
    def test_a_script_that_asks_ends_at_the_sigterm_of_another_program(self):
        self.study()
        script = self.asking("while True: time.sleep(0.01)")
        script.send_signal(signal.SIGTERM)
        self.assertEqual(script.communicate(timeout=60)[0], b"")
        self.assertEqual(script.returncode, -signal.SIGTERM)

    @unittest.skipIf(os.name == "nt", "Windows has no fork")
    def test_a_child_made_by_fork_ends_at_sigterm(self):
        self.study()
        self.stop()
        script = self.asking(
            "started, starting = os.pipe()",
            "child = os.fork()",
            # Python drops signals that a child receives before it has started.
            "if child == 0: os.write(starting, b'.')",
            "while child == 0: time.sleep(0.01)",
            "os.read(started, 1)",
            "os.kill(child, signal.SIGTERM)",
            "print(os.WTERMSIG(os.waitpid(child, 0)[1]))",
        )
        self.assertEqual(int(script.communicate(timeout=60)[0]), signal.SIGTERM)

    @staticmethod
    def end_group(group):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)

    def asking(self, *lines):
        """Starts a script of these lines; returns once it has asked `should_prune`."""
        first = ["import os, signal, time, galapagos", "galapagos.should_prune()"]
        source = "\n".join(first + ["print('asked', flush=True)"] + list(lines))
        command = [sys.executable, "-B", "-c", source]
        environment = dict(os.environ, PYTHONPATH=FOLDER)
        # Unbuffered: `communicate` loses what `readline` has read beyond its line.
        script = subprocess.Popen(
            command, bufsize=0, env=environment, stdout=subprocess.PIPE, start_new_session=True
        )
        self.addCleanup(script.stdout.close)
        self.addCleanup(script.wait)
        self.addCleanup(self.end_group, script.pid)
        self.assertEqual(script.stdout.readline(), b"asked\n")
        return script

    def test_should_prune_takes_far_less_than_50_ms(self):
        self.study()
        start = time.process_time()
        for _ in range(100):
            galapagos.should_prune()
        self.assertLess((time.process_time() - start) / 100, 0.005)

    def test_numbers_of_the_trial(self):
        os.environ.update(GALAPAGOS_SEED="9", GALAPAGOS_TRIAL="3", GALAPAGOS_ATTEMPT="2")
        self.assertEqual((galapagos.seed(), galapagos.trial_number(), galapagos.attempt()), (9, 3, 2))
        os.environ["GALAPAGOS_SEED"] = "x"
        with self.assertRaisesRegex(galapagos.GalapagosError, "GALAPAGOS_SEED: expected an integer"):
            galapagos.seed()

    def test_unreadable_parameters_are_an_error_that_names_the_file(self):
        self.study()
        with open(self.path("params.json"), "w") as file:
            file.write("[")
        with self.assertRaisesRegex(galapagos.GalapagosError, "cannot read .*params.json"):
            galapagos.params()
        os.environ["GALAPAGOS_REPORTS"] = self.path(os.path.join("absent", "file"))
        with self.assertRaisesRegex(galapagos.GalapagosError, "cannot write .*absent"):
            galapagos.report(0, 1)


class OptunaInterface(Case):
    def test_suggestions_are_the_values_of_the_trial(self):
        self.study(rate=1, units=8.0, share=0.3, kind="b", flag=True, absent=None, two=2)
        trial = galapagos.trial()
        rate = trial.suggest_float("rate", 1e-3, 1, log=True)
        units = trial.suggest_int("units", 2, 10, step=2)
        self.assertEqual((rate, type(rate), units, type(units)), (1.0, float, 8, int))
        self.assertEqual(trial.suggest_float("share", 0, 1, step=0.1), 0.3)
        self.assertEqual(trial.suggest_categorical("kind", ["a", "b"]), "b")
        self.assertIs(trial.suggest_categorical("flag", [0, 1, False, True]), True)
        self.assertIsNone(trial.suggest_categorical("absent", ["x", None]))
        self.assertEqual(trial.suggest_categorical("two", (1.0, 2.0)), 2.0)
        self.assertEqual(trial.suggest_uniform("rate", 0, 2), 1)

    def test_a_choice_that_json_cannot_represent_is_found_by_its_text(self):
        self.study(layers="(64, 32)")
        self.assertEqual(
            galapagos.trial().suggest_categorical("layers", [(64,), (64, 32)]), (64, 32)
        )

    def test_values_outside_the_range_of_the_script_are_refused_with_the_entry_to_use(self):
        self.study(rate=2, units=5, kind="c", odd=3, half=2.5)
        trial = galapagos.trial()
        with self.assertRaises(galapagos.GalapagosError) as caught:
            trial.suggest_float("rate", 0.001, 1, log=True)
        self.assertIn("the study file and the script disagree about rate", str(caught.exception))
        self.assertIn(
            '"rate": {"type": "float", "low": 0.001, "high": 1, "log": true}',
            str(caught.exception),
        )
        for suggest in (
            lambda: trial.suggest_int("units", 6, 8),
            lambda: trial.suggest_int("odd", 0, 8, step=2),
            lambda: trial.suggest_int("half", 0, 8),
            lambda: trial.suggest_int("kind", 0, 8),
            lambda: trial.suggest_categorical("kind", ["a", "b"]),
            lambda: trial.suggest_float("half", 0, 4, step=1),
        ):
            with self.assertRaisesRegex(galapagos.GalapagosError, "disagree about"):
                suggest()

    def test_a_parameter_that_the_study_lacks_is_named_with_its_entry(self):
        self.study(rate=1)
        with self.assertRaisesRegex(
            galapagos.GalapagosError, '"units": {"type": "int", "low": 1, "high": 9}'
        ):
            galapagos.trial().suggest_int("units", 1, 9)

    def test_impossible_ranges_are_refused(self):
        trial = galapagos.trial()
        for suggest in (
            lambda: trial.suggest_float("a", 2, 1),
            lambda: trial.suggest_float("a", 0, 1, log=True),
            lambda: trial.suggest_int("a", 0, 4, step=0),
            lambda: trial.suggest_categorical("a", []),
        ):
            with self.assertRaises(ValueError):
                suggest()

    def test_reports_and_attributes_reach_the_study(self):
        self.study()
        os.environ["GALAPAGOS_TRIAL"] = "12"
        trial = galapagos.trial()
        trial.report(0.5, 3)
        trial.set_user_attr("size", 10)
        trial.set_user_attr("shape", [1, 2])
        self.assertEqual(trial.number, 12)
        self.assertEqual(
            self.lines(),
            [
                {"step": 3, "value": 0.5},
                {"metrics": {"size": 10}},
                {"metrics": {"shape": "[1, 2]"}},
            ],
        )
        self.assertEqual(trial.user_attrs, {"size": 10, "shape": [1, 2]})

    def test_optimize_gives_what_the_objective_returns(self):
        self.study(x=2)
        self.assertEqual(galapagos.optimize(lambda t: t.suggest_int("x", 0, 4) ** 2), 4)
        self.assertEqual(self.lines(), [{"result": 4}])

    def test_several_values_need_their_names(self):
        self.study()
        galapagos.optimize(lambda t: (0.5, 3), metrics=["value", "seconds"])
        self.assertEqual(self.lines(), [{"result": 0.5, "metrics": {"value": 0.5, "seconds": 3}}])
        with self.assertRaisesRegex(galapagos.GalapagosError, "2 values, and `metrics` names 0"):
            galapagos.optimize(lambda t: (0.5, 3))
        with self.assertRaisesRegex(galapagos.GalapagosError, "returned None"):
            galapagos.optimize(lambda t: None)

    def test_a_pruned_objective_ends_without_an_error_whichever_class_it_raises(self):
        class TrialPruned(Exception):
            pass

        def objective(trial):
            trial.report(0.5, 0)
            raise TrialPruned

        self.study()
        self.stop()
        self.assertIsNone(galapagos.optimize(objective))
        self.assertEqual(self.lines(), [{"step": 0, "value": 0.5}])

    def test_an_objective_that_prunes_itself_has_its_last_report_as_value(self):
        def objective(trial):
            trial.report(0.5, 0)
            trial.report(0.25, 1)
            raise galapagos.TrialPruned

        self.study()
        galapagos.optimize(objective)
        self.assertEqual(self.lines()[-1], {"result": 0.25})

    def test_an_objective_that_prunes_itself_before_any_report_fails(self):
        def objective(trial):
            raise galapagos.TrialPruned

        self.study()
        with self.assertRaises(galapagos.TrialPruned):
            galapagos.optimize(objective)

    def test_other_exceptions_of_the_objective_are_not_caught(self):
        with self.assertRaises(ZeroDivisionError):
            galapagos.optimize(lambda trial: 1 / 0)


SCRIPT = """
import sys
import other

class Model:
    pass

def objective(trial):
    return trial.suggest_float("x", 0, 1) + other.offset + float(sys.argv[1])

def second(trial):
    import galapagos, pickle
    pickle.loads(pickle.dumps(Model()))
    galapagos.report(0, 0.5)
    return 0.25

if __name__ == "__main__":
    raise SystemExit("the main part ran")
"""


class AsProgram(Case):
    def program(self, *arguments):
        return subprocess.run(
            [sys.executable, "-B", "-m", "galapagos"] + list(arguments),
            env=dict(os.environ, PYTHONPATH=os.path.abspath(FOLDER)),
            cwd=self.folder.name,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )

    def setUp(self):
        super().setUp()
        self.study(x=0.5)
        os.mkdir(self.path("scripts"))
        for name, text in (("train.py", SCRIPT), ("other.py", "offset = 1\n")):
            with open(self.path(os.path.join("scripts", name)), "w") as file:
                file.write(text)

    def test_calls_the_objective_of_a_script_without_its_main_part(self):
        done = self.program("scripts/train.py", "2")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.lines(), [{"result": 3.5}])

    def test_calls_another_function_that_is_named(self):
        done = self.program("scripts/train.py:second")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.lines(), [{"step": 0, "value": 0.5}, {"result": 0.25}])

    def test_says_which_file_or_function_is_missing(self):
        self.assertIn("there is no file absent.py", self.program("absent.py").stderr)
        done = self.program("scripts/train.py:third")
        self.assertEqual(done.returncode, 2)
        self.assertIn("has no function third", done.stderr)


class Callbacks(Case):
    def module(self, name, **attributes):
        module = types.ModuleType(name)
        module.__dict__.update(attributes)
        before = sys.modules.get(name)
        sys.modules[name] = module
        self.addCleanup(
            lambda: sys.modules.pop(name) if before is None else sys.modules.update({name: before})
        )

    def setUp(self):
        super().setUp()
        self.study()

    def test_keras_reports_each_epoch_and_stops(self):
        self.module("keras", callbacks=types.SimpleNamespace(Callback=object))
        callback = galapagos.keras_callback("val_acc")
        callback.model = types.SimpleNamespace(stop_training=False)
        callback.on_epoch_end(0, {"val_acc": 0.5, "loss": 2.0})
        self.assertFalse(callback.model.stop_training)
        self.stop()
        callback.on_epoch_end(1, {"val_acc": 0.75, "loss": 1.0, "text": object()})
        self.assertTrue(callback.model.stop_training)
        callback.on_train_end()
        self.assertEqual(
            self.lines(),
            [
                {"step": 0, "value": 0.5, "metrics": {"loss": 2.0}},
                {"step": 1, "value": 0.75, "metrics": {"loss": 1.0}},
                {"result": 0.75, "metrics": {"loss": 1.0}},
            ],
        )

    def test_a_monitored_name_that_is_not_logged_is_an_error_with_the_names(self):
        self.module("keras", callbacks=types.SimpleNamespace(Callback=object))
        with self.assertRaisesRegex(galapagos.GalapagosError, "'val_acc'.* among: acc, loss"):
            galapagos.keras_callback("val_acc").on_epoch_end(0, {"loss": 1, "acc": 2})

    def test_lightning_reports_validations_of_the_first_process_only(self):
        self.module("lightning", pytorch=None)
        self.module("lightning.pytorch", Callback=object)
        callback = galapagos.lightning_callback("val_loss")
        trainer = types.SimpleNamespace(
            sanity_checking=True,
            is_global_zero=True,
            current_epoch=0,
            callback_metrics={"val_loss": 0.5},
            should_stop=False,
        )
        callback.on_validation_end(trainer, None)
        trainer.sanity_checking = False
        callback.on_validation_end(trainer, None)
        trainer.is_global_zero = False
        self.stop()
        callback.on_validation_end(trainer, None)
        callback.on_fit_end(trainer, None)
        self.assertEqual(self.lines(), [{"step": 0, "value": 0.5}, {"result": 0.5}])
        self.assertTrue(trainer.should_stop)

    def test_transformers_reports_evaluations_and_stops(self):
        self.module("transformers", TrainerCallback=object)
        callback = galapagos.transformers_callback("eval_loss")
        state = types.SimpleNamespace(global_step=500, is_world_process_zero=True)
        control = types.SimpleNamespace(should_training_stop=False)
        callback.on_evaluate(None, state, control, metrics={"eval_loss": 2.0, "epoch": 1.0})
        state.global_step = 1000
        self.stop()
        callback.on_evaluate(None, state, control, metrics={"eval_loss": 1.0})
        callback.on_train_end(None, state, control)
        self.assertEqual(
            self.lines(),
            [
                {"step": 0, "value": 2.0, "metrics": {"epoch": 1.0}},
                {"step": 1, "value": 1.0},
                {"result": 1.0},
            ],
        )
        self.assertTrue(control.should_training_stop)

    def test_a_package_that_is_not_installed_is_named(self):
        for name in ("keras", "tf_keras", "tensorflow", "tensorflow.keras"):
            self.module(name)
            sys.modules[name] = None
        with self.assertRaisesRegex(galapagos.GalapagosError, "keras or tf_keras .* not installed"):
            galapagos.keras_callback("val_loss")

    def test_importing_the_module_imports_no_framework(self):
        code = "import sys, galapagos; print([m for m in sys.modules if m.split('.')[0] in %r])" % (
            ["keras", "torch", "tensorflow", "transformers", "lightning", "optuna", "numpy"],
        )
        done = subprocess.run(
            [sys.executable, "-B", "-c", code],
            env=dict(os.environ, PYTHONPATH=os.path.abspath(FOLDER)),
            stdout=subprocess.PIPE,
            universal_newlines=True,
        )
        self.assertEqual(done.stdout, "[]\n")

    def test_the_syntax_is_that_of_python_3_8(self):
        with open(galapagos.__file__, encoding="utf-8") as source:
            ast.parse(source.read(), feature_version=(3, 8))
        with self.assertRaises(SyntaxError):
            ast.parse("match 1:\n    case 1: pass", feature_version=(3, 8))


if __name__ == "__main__":
    unittest.main()
