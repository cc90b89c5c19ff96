"""The seed CNN trained by PyTorch with one thread: prints {"torch", "samplesPerSecond"} as JSON, the best of the repeats.

Same network, batch and optimiser as the `training` bench; random images, no data loading, so that only training is timed.
"""
import json, sys, time
import torch, torch.nn as nn, torch.nn.functional as F

torch.set_num_threads(1)
BATCH, STEPS, REPEATS = 128, 60, int(sys.argv[1]) if len(sys.argv) > 1 else 5


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.o = nn.Conv2d(1, 2, 5), nn.Conv2d(2, 4, 5), nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.c1(x), 2))
        x = F.relu(F.max_pool2d(self.c2(x), 2))
        return self.o(F.dropout(x.flatten(1), 0.1))


images, labels = torch.rand(BATCH * STEPS, 1, 28, 28), torch.randint(0, 10, (BATCH * STEPS,))
net = Net()
optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5)
best = 0.0
for _ in range(REPEATS):
    began = time.process_time()
    for i in range(STEPS):
        batch = slice(i * BATCH, (i + 1) * BATCH)
        optimiser.zero_grad()
        F.cross_entropy(net(images[batch]), labels[batch]).backward()
        optimiser.step()
    best = max(best, BATCH * STEPS / (time.process_time() - began))
print(json.dumps({"torch": torch.__version__, "samplesPerSecond": best}))
