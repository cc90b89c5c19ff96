"""What one trial costs in Optuna: the objective returns at once, or after a while.

usage: optuna_overhead.py sqlite|journal WORKERS SLEEP_MS SECONDS      prints one JSON line {trials, seconds, optuna}
Eight parameters, random sampler, one process a worker, one durable storage between them.
"""
import json, multiprocessing, sys, tempfile, time

kind, workers, sleep_ms, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])


def storage_of(path):
    import optuna
    if kind == "sqlite":
        return optuna.storages.RDBStorage(f"sqlite:///{path}/study.db")
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    return JournalStorage(JournalFileBackend(f"{path}/study.log"))


def work(path, until, counts, failures):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = optuna.load_study(study_name="s", storage=storage_of(path), sampler=optuna.samplers.RandomSampler())

    def objective(trial):
        value = sum(trial.suggest_float(f"x{i}", 0, 1) ** 2 for i in range(8))
        if sleep_ms: time.sleep(sleep_ms / 1000)
        return value

    while time.time() < until.value:
        try:
            study.optimize(objective, n_trials=1)
            with counts.get_lock(): counts.value += 1
        except Exception:  # a worker that dies of "database is locked" goes on, as a user's retry loop would
            with failures.get_lock(): failures.value += 1


if __name__ == "__main__":
    import optuna
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as scratch:
        optuna.create_study(study_name="s", storage=storage_of(scratch))
        until, counts, failures = context.Value("d", 4e18), context.Value("i", 0), context.Value("i", 0)
        pool = [context.Process(target=work, args=(scratch, until, counts, failures)) for _ in range(workers)]
        for p in pool: p.start()
        while counts.value < workers: time.sleep(0.01)
        start, before = time.time(), counts.value
        until.value = start + seconds
        for p in pool: p.join()
        took = time.time() - start
        print(json.dumps({"trials": counts.value - before, "seconds": took, "failures": failures.value, "optuna": optuna.__version__}))
