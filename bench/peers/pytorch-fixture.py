"""Records test/training/fixtures/*.json: every preset's first 30 steps in PyTorch, float64 and float32, and each optimiser's path.

Initial weights are drawn here by Philox4x32-10, so the fixtures also prove the generator; images are the bundled MNIST
or 96 of CIFAR-10 (Krizhevsky 2009), which lie beside the fixtures. Dropout is off: PyTorch's masks are its own.
Usage: python bench/peers/pytorch-fixture.py [name …] (from the project's root, after npm ci).
"""
import datetime, gzip, hashlib, json, pathlib, subprocess, sys
import numpy as np, torch, torch.nn.functional as F
from pytorch_network import build

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "test/training/fixtures"
SEED, STEPS = 7, 30

# Batches are small so that the float64 reference of the tests can follow. Deep networks with batch norms amplify rounding: their rates
# are such that PyTorch's own float32 stays within 0.2 % of its float64.
PRESETS = {
    "mnist-paper": dict(batch=128, learningRate=0.1, momentum=0.5),
    "lenet-5": dict(batch=16, learningRate=0.05, momentum=0.9),
    "cnn": dict(batch=8, learningRate=0.02, momentum=0.9, nesterov=True),
    "mlp": dict(batch=32, learningRate=0.1, weightDecay=1e-3),
    "resnet-20": dict(batch=16, learningRate=2e-4, momentum=0.9, weightDecay=1e-4, data="cifar"),
    "efficientnet-b0": dict(batch=16, learningRate=2e-6, momentum=0.9, data="cifar"),
    # Fast enough to learn the images: single steps drift, the fall does not.
    "resnet-20-cifar": dict(preset="resnet-20", batch=16, learningRate=0.003, momentum=0.9, data="cifar", steps=60),
}


def philox(key, c0, c1, c2, c3):
    c = [np.asarray(x, dtype=np.uint64) for x in np.broadcast_arrays(c0, c1, c2, c3)]
    k0, k1 = key
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), p1 & low, (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), p0 & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, -1)


def words(seed, purpose, count, c1=0, ordinal=0):
    return philox((seed, 0), np.arange((count + 3) // 4), c1, 0, (purpose << 24) | ordinal).reshape(-1)[:count]


def initial(ordinal, name, shape, fan_in):
    if fan_in is None:
        return torch.full(shape, 1.0 if name == "weight" else 0.0)
    uniform = (words(SEED, 1, int(np.prod(shape)), ordinal=ordinal) >> np.uint64(8)).astype(np.float64) * 2.0**-24
    return torch.tensor(((uniform * 2 - 1) / np.sqrt(fan_in)).astype(np.float32).reshape(shape))


def idx(name, header):
    return np.frombuffer(gzip.open(ROOT / "resources/datasets/mnist" / name).read(), np.uint8)[header:]


def images(data, count, shape):
    if data == "mnist":
        x, y = idx("train-images-idx3-ubyte.gz", 16)[: count * 784], idx("train-labels-idx1-ubyte.gz", 8)[:count]
    else:
        rows = np.frombuffer(gzip.open(OUT / "cifar-10-96.bin.gz").read(), np.uint8).reshape(-1, 3073)
        x, y = rows[:, 1:], rows[:, 0]
    return x.reshape(-1, *shape), torch.tensor(y.astype(np.int64))


def f32(v):
    return float(np.float32(v))


def sketch(named, most):
    """Per tensor: norm, sum, and entries at i·size/count."""
    out = []
    for name, tensor in named:
        flat = tensor.detach().double().flatten()
        count = min(most, flat.numel())
        at = [i * flat.numel() // count for i in range(count)]
        out.append({"name": name, "norm": flat.norm().item(), "sum": flat.sum().item(), "entries": flat[at].tolist()})
    return out


def train(network, config, dtype, fans):
    net = build(network).to(dtype)
    ordinals = {name: i for i, (name, _) in enumerate(net.named())}
    with torch.no_grad():
        for name, p in net.named():
            p.copy_(initial(ordinals[name], name.split(".")[-1], tuple(p.shape), fans[name]))
    steps, batch = config.get("steps", STEPS), config["batch"]
    shape = network["input"]["shape"]
    x8, y = images(config.get("data", "mnist"), steps * batch, shape)
    per = lambda v: torch.tensor(np.array(v, np.float32)).to(dtype).reshape(1, -1, 1, 1)
    deviation, mean = np.array(network["input"]["deviation"]), np.array(network["input"]["mean"])
    x = torch.tensor(x8.astype(np.float32)).to(dtype) * per(1 / (255 * deviation)) + per(-mean / deviation)
    optimiser = torch.optim.SGD(
        [p for _, p in net.named()],
        lr=f32(config["learningRate"]),
        momentum=f32(config.get("momentum", 0)),
        nesterov=config.get("nesterov", False),
        weight_decay=f32(config.get("weightDecay", 0)),
    )
    most = 64 if len(ordinals) <= 12 else 6
    losses, gradient = [], None
    net.train()
    for t in range(steps):
        optimiser.zero_grad()
        at = torch.arange(t * batch, (t + 1) * batch) % len(x)
        loss = F.cross_entropy(net(x[at]), y[at])
        loss.backward()
        gradient = gradient or sketch([(n, p.grad) for n, p in net.named()], most)
        losses.append(loss.item())
        optimiser.step()
    weights, statistics = sketch(net.named(), most), sketch(net.statistics(), most)
    samples = min(len(x), 256 if len(x[0]) == 1 else 64)
    net.eval()
    with torch.no_grad():
        z = net(x[:samples])
        evaluation = {
            "samples": samples,
            "loss": F.cross_entropy(z, y[:samples]).item(),
            "correct": int((z.argmax(1) == y[:samples]).sum()),
        }
    return dict(losses=losses, gradient=gradient, weights=weights, statistics=statistics, evaluation=evaluation)


def fans_of(network):
    """Name → fan-in of kernels and biases, None for norms."""
    fans, shapes = {}, [layer["output"] for layer in network["layers"]]
    for layer in network["layers"]:
        f, kind = layer["fields"], layer["fields"]["type"]
        source = layer["from"][0]
        shape = network["input"]["shape"] if source < 0 else shapes[source]
        fan = None
        if kind == "conv":
            fan = shape[0] // f["groups"] * f["kernel"][0] * f["kernel"][1]
        elif kind == "dense":
            fan = shape[0]
        for part in ("weight", "bias"):
            fans[f"{layer['id']}.{part}"] = fan
    return fans


def write(name, content):
    made = {"torch": torch.__version__, "script": hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest(), "date": str(datetime.date.today())}
    path = OUT / f"{name}.json"
    path.write_text(json.dumps({**made, **content}) + "\n")
    print(path, path.stat().st_size, "bytes", flush=True)


def record(name, network):
    config = PRESETS[name]
    fans = fans_of(network)
    exact, single = train(network, config, torch.float64, fans), train(network, config, torch.float32, fans)
    optimizer = {k: config[k] for k in ("learningRate", "momentum", "nesterov", "weightDecay") if k in config}
    setup = {"preset": config.get("preset", name), "data": config.get("data", "mnist"), "seed": SEED, "batch": config["batch"]}
    losses = {"loss64": exact.pop("losses"), "loss32": single["losses"]}
    drift = max(abs(a - b) / abs(a) for a, b in zip(losses["loss64"], losses["loss32"]))
    print(f"{name}: loss {losses['loss64'][0]:.4f} → {losses['loss64'][-1]:.4f}, float32 drifts by {drift:.1e}", flush=True)
    write(name, {**setup, "optimizer": {"type": "sgd", **optimizer}, **losses, **exact})


COUNT, PATH, PER_EPOCH = 11, 60, 10
A = 0.05
PATHS = [
    ("sgd", dict(type="sgd", learningRate=A), {}),
    ("sgd with momentum", dict(type="sgd", learningRate=A, momentum=0.9), {}),
    ("sgd with momentum and decay", dict(type="sgd", learningRate=A, momentum=0.9, weightDecay=0.01), {}),
    ("sgd, Nesterov", dict(type="sgd", learningRate=A, momentum=0.9, nesterov=True, weightDecay=0.01), {}),
    ("adam", dict(type="adam", learningRate=A), {}),
    ("adam with decay", dict(type="adam", learningRate=A, beta1=0.8, beta2=0.99, epsilon=1e-6, weightDecay=0.1), {}),
    ("adamw", dict(type="adamw", learningRate=A), {}),
    ("adamw with more decay", dict(type="adamw", learningRate=A, beta1=0.8, weightDecay=0.3), {}),
    ("rmsprop", dict(type="rmsprop", learningRate=A), {}),
    ("rmsprop with momentum and decay", dict(type="rmsprop", learningRate=0.01, alpha=0.9, momentum=0.8, epsilon=1e-5, weightDecay=0.1), {}),
    ("clip by norm", dict(type="sgd", learningRate=A, momentum=0.9), dict(clip=dict(norm=1))),
    ("clip by value", dict(type="adam", learningRate=A), dict(clip=dict(value=0.3))),
    ("exponential", dict(type="sgd", learningRate=A), dict(schedule=dict(type="exponential", gamma=0.8))),
    ("step", dict(type="adamw", learningRate=A), dict(schedule=dict(type="step", every=2, gamma=0.5))),
    ("cosine", dict(type="sgd", learningRate=A, momentum=0.5), dict(schedule=dict(type="cosine", warmup=0, final=0))),
]


def optimiser_of(settings, p):
    kind, lr, decay = settings["type"], f32(settings["learningRate"]), f32(settings.get("weightDecay", 0.01 if settings["type"] == "adamw" else 0))
    if kind == "sgd":
        return torch.optim.SGD(p, lr=lr, momentum=f32(settings.get("momentum", 0)), nesterov=settings.get("nesterov", False), weight_decay=decay)
    if kind == "rmsprop":
        alpha, momentum = f32(settings.get("alpha", 0.99)), f32(settings.get("momentum", 0))
        return torch.optim.RMSprop(p, lr=lr, alpha=alpha, eps=f32(settings.get("epsilon", 1e-8)), momentum=momentum, weight_decay=decay)
    betas = (f32(settings.get("beta1", 0.9)), f32(settings.get("beta2", 0.999)))
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind](p, lr=lr, betas=betas, eps=f32(settings.get("epsilon", 1e-8)), weight_decay=decay)


def schedule_of(schedule, optimiser):
    """(scheduler, whether it steps by step rather than by epoch)"""
    if schedule is None:
        return None, False
    if schedule["type"] == "exponential":
        return torch.optim.lr_scheduler.ExponentialLR(optimiser, schedule["gamma"]), False
    if schedule["type"] == "step":
        return torch.optim.lr_scheduler.StepLR(optimiser, schedule["every"], schedule["gamma"]), False
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, PATH), True


def paths():
    signed = lambda c1, count: words(SEED, 6, count, c1=c1).astype(np.float64) * 2.0**-31 - 1
    start = signed(1, COUNT).astype(np.float32).astype(np.float64)
    size = 0.25 * (1 + np.arange(COUNT))
    gradients = (signed(2, PATH * COUNT).reshape(PATH, COUNT) * size).astype(np.float32).astype(np.float64)
    rows = []
    for name, optimizer, more in PATHS:
        w = torch.tensor(start, requires_grad=True)
        optimiser = optimiser_of(optimizer, [w])
        scheduler, by_step = schedule_of(more.get("schedule"), optimiser)
        after = {}
        for t in range(PATH):
            w.grad = torch.tensor(gradients[t])
            clip = more.get("clip", {})
            if "norm" in clip:
                torch.nn.utils.clip_grad_norm_([w], clip["norm"])
            if "value" in clip:
                torch.nn.utils.clip_grad_value_([w], f32(clip["value"]))
            optimiser.step()
            if scheduler is not None and (by_step or (t + 1) % PER_EPOCH == 0):
                scheduler.step()
            if t + 1 in (1, 2, 10, PATH):
                after[t + 1] = w.detach().tolist()
        rows.append({"name": name, "settings": {"optimizer": optimizer, **more}, "after": after})
    write("optimisers", {"seed": SEED, "steps": PATH, "perEpoch": PER_EPOCH, "start": start.tolist(), "rows": rows})


if __name__ == "__main__":
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or [*PRESETS, "optimisers"]
    resolved = json.loads(subprocess.run(["npx", "tsx", "bench/peers/resolved-presets.ts"], cwd=ROOT, check=True, capture_output=True).stdout)
    for name in wanted:
        if name == "optimisers":
            paths()
        else:
            record(name, resolved[PRESETS[name].get("preset", name)])
