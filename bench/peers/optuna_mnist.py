"""The published MNIST search as a user would run it today: Optuna + PyTorch, 64 evaluations, two processes.

usage: optuna_mnist.py FOLDER_OF_IDX_FILES TRIALS PROCESSES [DEVICE]      prints one JSON line {seconds, best, trials, optuna, torch}
Same network (906 weights), data, order, batch, one epoch, test set for selection and seed for every training as the
`paper-mnist-evolution` study; Optuna's own evolutionary sampler with a population of 4.
"""
import gzip, json, multiprocessing, os, sys, tempfile, time

folder, trials, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
device = sys.argv[4] if len(sys.argv) > 4 else "cpu"


def read(name):
    import numpy
    raw = gzip.open(os.path.join(folder, name)).read()
    return numpy.frombuffer(raw, numpy.uint8, offset=16 if "images" in name else 8)


def work(storage, share):
    import optuna, torch
    from torch import nn
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    def split(part):
        x = torch.from_numpy(read(part + "-images-idx3-ubyte.gz").copy()).view(-1, 1, 28, 28).float().div(255).sub(0.1307).div(0.3081)
        return x.to(device), torch.from_numpy(read(part + "-labels-idx1-ubyte.gz").copy()).long().to(device)
    (x, y), (tx, ty) = split("train"), split("t10k")

    def objective(trial):
        lr, dropout, momentum = (trial.suggest_float(name, 1e-4, 1 - 1e-4) for name in ("learningRate", "dropout", "momentum"))
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(1, 2, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(2, 4, 5), nn.MaxPool2d(2), nn.ReLU(),
                            nn.Flatten(), nn.Dropout(dropout), nn.Linear(64, 10)).to(device)
        optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum)
        net.train()
        for at in range(0, len(x), 128):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[at:at + 128]), y[at:at + 128]).backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            return float((net(tx).argmax(1) == ty).float().mean())

    sampler = optuna.samplers.NSGAIISampler(population_size=4, seed=os.getpid())
    optuna.load_study(study_name="mnist", storage=storage, sampler=sampler).optimize(objective, n_trials=share)


if __name__ == "__main__":
    import optuna, torch
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    start = time.time()
    with tempfile.TemporaryDirectory() as scratch:
        storage = f"sqlite:///{scratch}/study.db"
        study = optuna.create_study(study_name="mnist", storage=storage, direction="maximize")
        shares = [trials // processes + (i < trials % processes) for i in range(processes)]
        workers = [multiprocessing.get_context("spawn").Process(target=work, args=(storage, share)) for share in shares]
        for w in workers: w.start()
        for w in workers: w.join()
        done = [t for t in study.trials if t.state.is_finished()]
        print(json.dumps({"seconds": time.time() - start, "best": study.best_value, "trials": len(done), "optuna": optuna.__version__, "torch": torch.__version__}))
