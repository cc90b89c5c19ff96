"""Networks trained by PyTorch with one thread: reads resolved networks as a JSON list on stdin, prints {"torch", "samplesPerSecond": {name: n}}.

Same networks, batch and optimiser as the `training` bench; random images, no data loading, so that only training is timed. The best of
the repeats, by CPU time.
"""
import json, sys, time
import torch
import torch.nn.functional as F
from pytorch_network import build

torch.set_num_threads(1)
BATCH, REPEATS = 128, int(sys.argv[1]) if len(sys.argv) > 1 else 3


def measure(network, steps):
    images = torch.rand(BATCH * steps, *network["input"]["shape"])
    labels = torch.randint(0, 10, (BATCH * steps,))
    net = build(network, dropout=0.1)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    best = 0.0
    for repeat in range(REPEATS + 1):
        began = time.process_time()
        for i in range(steps):
            batch = slice(i * BATCH, (i + 1) * BATCH)
            optimiser.zero_grad()
            F.cross_entropy(net(images[batch]), labels[batch]).backward()
            optimiser.step()
        if repeat > 0:
            best = max(best, BATCH * steps / (time.process_time() - began))
    return best


work = json.load(sys.stdin)
figures = {w["network"]["name"]: measure(w["network"], w["steps"]) for w in work}
print(json.dumps({"torch": torch.__version__, "samplesPerSecond": figures}))
