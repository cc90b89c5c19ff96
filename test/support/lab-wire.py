"""Delays the Ethernet frames between two interfaces, where the kernel has no netem.

usage: lab-wire.py INTERFACE INTERFACE DELAY_SECONDS JITTER_SECONDS

A frame is delayed by DELAY ± JITTER, at random; frames overtake each other. Prints `ready` when it
forwards. Checksum offload of the ends must be off, because raw sockets send frames as they are.
"""

import heapq
import random
import select
import socket
import sys
import time

ALL_PROTOCOLS = socket.htons(3)
OUTGOING = 4

names, delay, jitter = sys.argv[1:3], float(sys.argv[3]), float(sys.argv[4])
ends = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, ALL_PROTOCOLS) for _ in names]
for end, name in zip(ends, names):
    end.bind((name, 0))
print("ready", flush=True)

due = []  # (time, number, end, frame)
number = 0
while True:
    now = time.monotonic()
    while due and due[0][0] <= now:
        _, _, end, frame = heapq.heappop(due)
        try:
            end.send(frame)
        except OSError:
            pass  # the link is cut
    wait = max(0, due[0][0] - time.monotonic()) if due else None
    for end in select.select(ends, [], [], wait)[0]:
        try:
            frame, address = end.recvfrom(65535)
        except OSError:
            continue  # the link was cut
        if address[2] == OUTGOING:
            continue
        number += 1
        at = time.monotonic() + delay + random.uniform(-jitter, jitter)
        other = ends[1] if end is ends[0] else ends[0]
        heapq.heappush(due, (at, number, other, frame))
