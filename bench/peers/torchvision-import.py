"""What torchvision needs for the same data as the `import` bench: prints {"torchvision", "mnist", "cifar", "png", "jpeg"}, seconds of CPU, the best of three.

MNIST is unpacked and read; CIFAR-10 is read from python pickles, since torchvision has no reader of the binary version; the PNGs and
JPEGs are decoded to bytes one after the other.
"""
import json, os, pickle, shutil, sys, tempfile, time

import numpy as np
import torchvision
from torchvision.datasets import CIFAR10, MNIST, ImageFolder
from torchvision.datasets.utils import extract_archive

mnist_folder, cifar_folder, png_folder, jpeg_folder = sys.argv[1:5]
work = tempfile.mkdtemp()


class Unchecked(CIFAR10):
    """Other bytes than the published ones, so without their checksums."""

    def _check_integrity(self):
        return True

    def _load_meta(self):
        self.classes = [str(i) for i in range(10)]


def seconds(read):
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        read()
        best = min(best, time.process_time() - began)
    return best


def mnist():
    raw = os.path.join(work, "MNIST", "raw")
    shutil.rmtree(raw, ignore_errors=True)
    os.makedirs(raw)
    for name in os.listdir(mnist_folder):
        extract_archive(os.path.join(mnist_folder, name), raw)
    for train in (True, False):
        MNIST(work, train=train)


def cifar():
    for train in (True, False):
        Unchecked(work, train=train)


def images(folder):
    for split in ("train", "test"):
        for image, _ in ImageFolder(os.path.join(folder, split)):
            np.asarray(image)


batches = os.path.join(work, CIFAR10.base_folder)
os.makedirs(batches)
for name in os.listdir(cifar_folder):
    records = np.fromfile(os.path.join(cifar_folder, name), np.uint8).reshape(-1, 3073)
    with open(os.path.join(batches, name.replace(".bin", "")), "wb") as file:
        pickle.dump({"data": records[:, 1:], "labels": records[:, 0].tolist()}, file, 2)
times = {"mnist": seconds(mnist), "cifar": seconds(cifar), "png": seconds(lambda: images(png_folder)), "jpeg": seconds(lambda: images(jpeg_folder))}
shutil.rmtree(work)
print(json.dumps({"torchvision": torchvision.__version__, **times}))
