"""Records test/training/fixtures/mnist-paper.json: 30 steps of the mnist-paper network in PyTorch, float64 and float32.

Initial weights are drawn here by Philox4x32-10 and images are the bundled ones, so the fixture also proves the generator.
Dropout is off: PyTorch's masks are its own. Usage: python bench/peers/pytorch-fixture.py (from the project's root).
"""
import datetime, gzip, hashlib, json, pathlib
import numpy as np, torch, torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED, STEPS, BATCH, RATE, MOMENTUM = 7, 30, 128, 0.1, 0.5


def philox(key, c0, c1, c2, c3):
    c = [np.asarray(x, dtype=np.uint64) for x in np.broadcast_arrays(c0, c1, c2, c3)]
    k0, k1 = key
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), p1 & low, (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), p0 & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, -1)


def initial(ordinal, shape, fan_in):
    count = int(np.prod(shape))
    words = philox((SEED, 0), np.arange((count + 3) // 4), 0, 0, (1 << 24) | ordinal).reshape(-1)[:count]
    uniform = (words >> np.uint64(8)).astype(np.float64) * 2.0**-24
    return torch.tensor(((uniform * 2 - 1) / np.sqrt(fan_in)).astype(np.float32).reshape(shape))


def idx(name, header):
    return np.frombuffer(gzip.open(ROOT / "resources/datasets/mnist" / name).read(), np.uint8)[header:]


IMAGES = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)[: STEPS * BATCH]
LABELS = torch.tensor(idx("train-labels-idx1-ubyte.gz", 8)[: STEPS * BATCH].astype(np.int64))
SHAPES = [((2, 1, 5, 5), 25), ((2,), 25), ((4, 2, 5, 5), 50), ((4,), 50), ((10, 64), 64), ((10,), 64)]
SCALE, SHIFT = np.float32(1 / (255 * 0.3081)), np.float32(-0.1307 / 0.3081)


def forward(w, x):
    x = F.relu(F.max_pool2d(F.conv2d(x, w[0], w[1]), 2))
    x = F.relu(F.max_pool2d(F.conv2d(x, w[2], w[3]), 2))
    return x.flatten(1) @ w[4].T + w[5]


def run(dtype):
    scale, shift = (torch.tensor(float(v), dtype=dtype) for v in (SCALE, SHIFT))
    x = torch.tensor(IMAGES.astype(np.float32)).to(dtype) * scale + shift
    w = [initial(i, *s).to(dtype).requires_grad_() for i, s in enumerate(SHAPES)]
    rate, momentum = (float(np.float32(v)) for v in (RATE, MOMENTUM))
    optimiser = torch.optim.SGD(w, lr=rate, momentum=momentum)
    losses, first = [], None
    for t in range(STEPS):
        optimiser.zero_grad()
        batch = slice(t * BATCH, (t + 1) * BATCH)
        loss = F.cross_entropy(forward(w, x[batch]), LABELS[batch])
        loss.backward()
        first = first or [p.grad.flatten().tolist() for p in w]
        losses.append(loss.item())
        optimiser.step()
    with torch.no_grad():
        z = forward(w, x[:256])
        check = {"loss": F.cross_entropy(z, LABELS[:256]).item(), "correct": int((z.argmax(1) == LABELS[:256]).sum())}
    return losses, first, [p.detach().flatten().tolist() for p in w], check


torch.set_num_threads(1)
loss64, gradient, weights, check = run(torch.float64)
loss32 = run(torch.float32)[0]
fixture = {
    "torch": torch.__version__,
    "script": hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest(),
    "date": datetime.date.today().isoformat(),
    "seed": SEED,
    "loss64": loss64,
    "loss32": loss32,
    "gradient": gradient,
    "weights": weights,
    "evaluation": check,
}
out = ROOT / "test/training/fixtures/mnist-paper.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(fixture) + "\n")
print(out, out.stat().st_size, "bytes")
