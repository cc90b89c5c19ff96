"""A resolved network (src/training/models/network.ts as JSON) as a PyTorch module whose parameters have the names of weight files."""
import torch
import torch.nn as nn
import torch.nn.functional as F

ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu, "silu": F.silu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "identity": lambda x: x}


def window(fields, size, before, image, output):
    """Padding of a window layer as (left, right, top, bottom), from what is before and the output's size."""
    stride = fields["stride"]
    after = [max(0, (output[a] - 1) * stride[a] + size[a] - image[a] - before[a]) for a in (0, 1)]
    return (before[1], after[1], before[0], after[0])


class Network(nn.Module):
    def __init__(self, network, dropout=0.0):
        super().__init__()
        self.described, self.rate = network, dropout
        shapes = [layer["output"] for layer in network["layers"]]
        self.shape_of = lambda i: network["input"]["shape"] if i < 0 else shapes[i]
        self.holders = {}
        for layer in network["layers"]:
            holder = self.make(layer)
            if holder is not None:
                self.holders[layer["id"]] = holder
                self.add_module(layer["id"].replace(".", "·"), holder)

    def make(self, layer):
        f, kind = layer["fields"], layer["fields"]["type"]
        shape = self.shape_of(layer["from"][0])
        if kind == "conv":
            padding = window(f, f["kernel"], f["padding"], shape[1:], layer["output"][1:])
            even = padding[0] == padding[1] and padding[2] == padding[3]
            layer["pad"] = None if even else padding
            return nn.Conv2d(
                shape[0], f["filters"], f["kernel"], f["stride"], (padding[2], padding[0]) if even else 0, groups=f["groups"], bias=f["bias"]
            )
        if kind == "dense":
            return nn.Linear(shape[0], f["units"], bias=f["bias"])
        if kind == "batch-norm":
            return (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[0], eps=f["epsilon"], momentum=f["momentum"])
        if kind == "layer-norm":
            return nn.LayerNorm(shape if f["over"] == "all" else shape[:1], eps=f["epsilon"])
        return None

    def named(self):
        """(name, tensor) in plan order: reading order, weight before bias."""
        for layer in self.described["layers"]:
            holder = self.holders.get(layer["id"])
            if holder is not None:
                for name, parameter in holder.named_parameters():
                    yield f"{layer['id']}.{name}", parameter

    def statistics(self):
        for layer in self.described["layers"]:
            if layer["fields"]["type"] == "batch-norm":
                for name in ("running_mean", "running_var"):
                    yield f"{layer['id']}.{name}", getattr(self.holders[layer["id"]], name)

    def forward(self, x):
        outputs = []
        for layer in self.described["layers"]:
            inputs = [x if i < 0 else outputs[i] for i in layer["from"]]
            outputs.append(self.apply_layer(layer, inputs))
        return outputs[-1]

    def apply_layer(self, layer, inputs):
        f, kind = layer["fields"], layer["fields"]["type"]
        x = inputs[0]
        if kind in ACTIVATIONS:
            return ACTIVATIONS[kind](x)
        if kind == "leaky-relu":
            return F.leaky_relu(x, f["slope"])
        if kind == "conv":
            return self.holders[layer["id"]](x if layer["pad"] is None else F.pad(x, layer["pad"]))
        if kind == "max-pool":
            return F.max_pool2d(x, f["size"], f["stride"], f["padding"])
        if kind == "average-pool":
            return F.avg_pool2d(x, f["size"], f["stride"], f["padding"], count_include_pad=False)
        if kind == "global-average-pool":
            return x.mean((2, 3), keepdim=True)
        if kind == "flatten":
            return x.flatten(1)
        if kind == "dropout":
            return F.dropout(x, self.rate, self.training)
        if kind == "layer-norm" and f["over"] == "channels" and x.dim() == 4:
            return self.holders[layer["id"]](x.movedim(1, -1)).movedim(-1, 1)
        if kind in ("dense", "batch-norm", "layer-norm"):
            return self.holders[layer["id"]](x)
        if kind == "add":
            return sum(inputs[1:], x)
        if kind == "multiply":
            return x * inputs[1]
        if kind == "concat":
            before, after = f["zeros"]
            joined = torch.cat(inputs, 1)
            return F.pad(joined, (0, 0) * (joined.dim() - 2) + (before, after)) if before or after else joined
        raise ValueError(f"no layer {kind}")


def build(network, dropout=0.0):
    return Network(network, dropout)
