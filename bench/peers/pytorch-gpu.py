"""A network trained by PyTorch on a GPU: reads {"network", "lanes", "form", "device"} on stdin, prints {"version", "samplesPerSecond"}.

form eager: one model; vmap: a population by torch.func. The same network, batch and optimiser as the `gpu` bench; random images, no data
loading. Wall time, the best of three.
"""
import json, sys, time
import torch
import torch.nn.functional as F
from pytorch_network import build

work = json.load(sys.stdin)
device, lanes, small = work["device"], work["lanes"], work["device"] == "cpu"
if device == "cuda" and not torch.cuda.is_available():
    print(json.dumps({"version": torch.__version__, "samplesPerSecond": None}))
    sys.exit()
BATCH, STEPS = (8, 4) if small else (128, 60)
shape = work["network"]["input"]["shape"]
x = torch.rand(STEPS, BATCH, *shape, device=device)
y = torch.randint(0, 10, (STEPS, BATCH), device=device)


def fresh():
    return build(work["network"], dropout=0.0 if work["form"] == "vmap" else 0.1).to(device)


def eager():
    net = fresh()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

    def epoch():
        for i in range(STEPS):
            optimiser.zero_grad()
            F.cross_entropy(net(x[i]), y[i]).backward()
            optimiser.step()

    return epoch, 1


def population():
    from torch.func import functional_call, grad, stack_module_state, vmap

    base = fresh()
    params, _ = stack_module_state([fresh() for _ in range(lanes)])
    momentum = {name: torch.zeros_like(value) for name, value in params.items()}
    gradient = vmap(grad(lambda p, a, b: F.cross_entropy(functional_call(base, p, (a,)), b)), in_dims=(0, None, None))

    def epoch():
        for i in range(STEPS):
            g = gradient(params, x[i], y[i])
            with torch.no_grad():
                for name in params:
                    momentum[name].mul_(0.9).add_(g[name])
                    params[name] = params[name].detach().sub_(0.01 * momentum[name])

    return epoch, lanes


def synchronise():
    if device == "cuda":
        torch.cuda.synchronize()


epoch, models = population() if work["form"] == "vmap" else eager()
best = 0.0
for repeat in range(4):
    synchronise()
    began = time.time()
    epoch()
    synchronise()
    if repeat > 0:
        best = max(best, models * BATCH * STEPS / (time.time() - began))
print(json.dumps({"version": f"PyTorch {torch.__version__}", "samplesPerSecond": best}))
