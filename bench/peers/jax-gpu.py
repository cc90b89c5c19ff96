"""A population of networks trained by JAX on a GPU, vmap over the models and scan over the steps: reads {"network", "lanes", "device"} on stdin,
prints {"version", "samplesPerSecond"}. For the two presets of two convolutions (mnist-paper, cnn) only; others have no figure.
"""
import json, os, sys, time

os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
import jax, jax.numpy as jnp

work = json.load(sys.stdin)
small = work["device"] == "cpu"
# Filters of the two convolutions, their size, and units of the hidden layer.
SHAPES = {"mnist-paper": (2, 4, 5, 0), "cnn": (32, 64, 3, 128)}
shape = SHAPES.get(work["network"]["name"])
if shape is None or not (small or any(d.platform == "gpu" for d in jax.devices())):
    print(json.dumps({"version": jax.__version__, "samplesPerSecond": None}))
    sys.exit()
BATCH, STEPS = (8, 4) if small else (128, 60)
key = jax.random.key(0)
xs, ys = jax.random.uniform(key, (STEPS, BATCH, 28, 28, 1)), jax.random.randint(key, (STEPS, BATCH), 0, 10)


def init(key):
    c1, c2, k, hidden = shape
    side = ((28 - k + 1) // 2 - k + 1) // 2
    features, ks = side * side * c2, jax.random.split(key, 4)
    p = {"k1": jax.random.normal(ks[0], (k, k, 1, c1)) / k, "b1": jnp.zeros(c1)}
    p |= {"k2": jax.random.normal(ks[1], (k, k, c1, c2)) / (k * c1**0.5), "b2": jnp.zeros(c2)}
    if hidden:
        p |= {"wd": jax.random.normal(ks[2], (features, hidden)) / features**0.5, "bd": jnp.zeros(hidden)}
    last = hidden or features
    return p | {"wo": jax.random.normal(ks[3], (last, 10)) / last**0.5, "bo": jnp.zeros(10)}


def forward(p, x):
    def conv(x, k):
        return jax.lax.conv_general_dilated(x, k, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def pool(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    x = jax.nn.relu(pool(conv(x, p["k1"]) + p["b1"]))
    x = jax.nn.relu(pool(conv(x, p["k2"]) + p["b2"])).reshape(x.shape[0], -1)
    if "wd" in p:
        x = jax.nn.relu(x @ p["wd"] + p["bd"])
    return x @ p["wo"] + p["bo"]


def loss(p, x, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(forward(p, x)), y[:, None], 1).mean()


def step(state, batch):
    p, m = state
    g = jax.grad(loss)(p, *batch)
    m = jax.tree.map(lambda m, g: 0.9 * m + g, m, g)
    return (jax.tree.map(lambda p, m: p - 0.01 * m, p, m), m), 0.0


lanes = work["lanes"]
params = jax.vmap(init)(jax.random.split(key, lanes))
state = (params, jax.tree.map(jnp.zeros_like, params))
epoch = jax.jit(lambda state: jax.vmap(lambda s: jax.lax.scan(step, s, (xs, ys))[0])(state))
state = jax.block_until_ready(epoch(state))
best = 0.0
for _ in range(3):
    began = time.time()
    state = jax.block_until_ready(epoch(state))
    best = max(best, lanes * BATCH * STEPS / (time.time() - began))
print(json.dumps({"version": f"JAX {jax.__version__}", "samplesPerSecond": best}))
