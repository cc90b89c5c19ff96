#!/usr/bin/env bash
# Takes the benchmark of a graphics card to a machine without npm and network.
#
#   bash bench/gpu/travel.sh pack FOLDER         here: writes FOLDER (40 MB): programs, packages, Node
#   bash bench/gpu/travel.sh run FOLDER [args]   there, in a copy of this folder's repository: unpacks
#                                                FOLDER and runs `npm run bench -- gpu --save args`
#
# For Linux on x64. FOLDER may also hold Debian packages (*.deb) that the machine lacks, such as
# libvulkan1; they are unpacked to / and need root.
set -euo pipefail
cd "$(dirname "$0")/../.."
usage() { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
[ $# -ge 2 ] || usage
folder=$2

pack() {
  mkdir -p "$folder"
  node build/build.mjs
  local dev=(tsx esbuild @esbuild/linux-x64 get-tsconfig resolve-pkg-maps)
  { npm ls --omit=dev --all --parseable | sed -n "s|^$PWD/||p"
    for name in "${dev[@]}"; do [ ! -d "node_modules/$name" ] || echo "node_modules/$name"; done
  } | sort -u > "$folder/packages.txt"
  tar -c --exclude='webgpu/dist/darwin*' --exclude='webgpu/dist/win32*' --exclude='webgpu/dist/*arm64' \
    --exclude='zeromq/build/darwin' --exclude='zeromq/build/win32' \
    --exclude='linux-x64-musl' --exclude='zeromq/build/linux/arm*' --exclude='musl-*-Release' \
    --exclude='*.map' -T "$folder/packages.txt" out | xz -T0 -6 > "$folder/galapagos.tar.xz"
  rm "$folder/packages.txt"
  xz -T0 -6 -c "$(command -v node)" > "$folder/node.xz"
  ls -l "$folder"
}

run() {
  shift 2
  for deb in "$folder"/*.deb; do [ ! -f "$deb" ] || dpkg -x "$deb" /; done
  ldconfig || true
  tar -xJf "$folder/galapagos.tar.xz"
  mkdir -p .cache/bin
  xz -dc "$folder/node.xz" > .cache/bin/node
  chmod +x .cache/bin/node
  export PATH="$PWD/.cache/bin:$PATH" XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}"
  exec node node_modules/tsx/dist/cli.mjs bench/run.ts gpu --save "$@"
}

case $1 in pack) pack ;; run) run "$@" ;; *) usage ;; esac
