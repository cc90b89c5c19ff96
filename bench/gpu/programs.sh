#!/bin/sh
# Measures on a machine with an NVIDIA card how trials of an objective `command` share it: the
# memory and the time of one at a time ("gpus": 1) beside as many as fit ("gpus": "shared"), and what
# a trial does that is larger than the card. Prints a table and ends by itself, in 6 minutes at most.
#
#   sh bench/gpu/programs.sh            # from a checkout after npm ci
#
# A trial is Python with PyTorch if it is installed (GALAPAGOS_PEER_PYTHON names another Python); it
# multiplies matrices for 10 s and holds 3 GB.
set -eu
cd "$(dirname "$0")/../.."
command -v nvidia-smi >/dev/null || { echo 'no nvidia-smi: this machine has no NVIDIA card to measure'; exit 1; }
python=${GALAPAGOS_PEER_PYTHON:-python3}
"$python" -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null || {
  echo "$python has no PyTorch that finds a card; name one with GALAPAGOS_PEER_PYTHON"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GALAPAGOS_HOME="$work/home"
cat > "$work/train.py" <<'PY'
import sys, time, torch
gigabytes, seconds = float(sys.argv[1]), 10.0
held = torch.empty(int(gigabytes * 1e9 / 4), device="cuda").fill_(1)
a = torch.rand(2048, 2048, device="cuda")
end, steps = time.time() + seconds, 0
while time.time() < end:
    a = (a @ a).tanh(); torch.cuda.synchronize(); steps += 1
print("steps:", steps)
PY
study() { # name, gpus, gigabytes, trials
  cat > "$work/$1.json" <<JSON
{ "format": "galapagos-study/1", "name": "$1",
  "objective": { "kind": "command", "command": ["$python", "train.py", "$3", "{x}"],
    "result": { "stdout": "steps: (.*)" }, "resources": { "gpus": $2 } },
  "direction": "maximize", "searchSpace": { "x": { "type": "float", "low": 0, "high": 1 } },
  "sampler": { "name": "random" }, "stop": { "trials": $4 }, "seed": 1 }
JSON
  begin=$(date +%s)
  timeout 110 npx galapagos run "$work/$1.json" --lab "$work/$1.db" --minutes 1.5 --json > "$work/$1.out" 2>&1 || true
  seconds=$(($(date +%s) - begin))
  npx galapagos trials "$1" --lab "$work/$1.db" --json > "$work/$1.trials" 2>/dev/null || true
  node -e '
    const { readFileSync } = require("node:fs");
    const [file, name, seconds] = process.argv.slice(1);
    let trials = [];
    try { const read = JSON.parse(readFileSync(file, "utf8")); trials = read.trials ?? read; } catch {}
    const done = trials.filter(({ state }) => state === "complete");
    const memory = Math.max(0, ...done.map(({ metrics }) => metrics?.gpuMemoryGb ?? 0));
    const steps = done.reduce((sum, { value }) => sum + value, 0);
    const line = [name, `${done.length}/${trials.length}`, seconds, (steps / seconds).toFixed(0), memory.toFixed(2)];
    console.log(line.map((each) => String(each).padStart(12)).join(""));
  ' "$work/$1.trials" "$1" "$seconds"
}
nvidia-smi --query-gpu=name,driver_version,memory.total,memory.used --format=csv,noheader
printf '%12s%12s%12s%12s%12s\n' study complete seconds steps/s peakGB
study alone 1 3 6
study shared '"shared"' 3 12
study too-large 1 4000 1
