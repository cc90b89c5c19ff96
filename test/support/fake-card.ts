/**
 * A simulated NVIDIA card: an `nvidia-smi` first on PATH, and the files from which it reads which
 * process uses how much memory. Programs write their own files, so that their memory follows the
 * curve that the test scripts.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export const CARD = 'GPU-11111111-2222-3333-4444-555555555555';

export const CARD_ADDRESS = '0000:41:00.0';
const CARD_NAME = 'simulated card';

/** Memory that no process explains, in MiB, as of a desktop. */
const BASE_MIB = 100;

/** `<pid>`: MiB of a process, counted while it lives; `<pid>.kept`: counted in any case. */
const SMI = `#!/bin/sh
look() {
  used=${BASE_MIB}
  apps=
  for file in "$FAKE_CARD"/memory/*; do
    [ -f "$file" ] || continue
    name=$\{file##*/}
    case $name in
      *.kept) pid=$\{name%.kept} ;;
      *.hidden) pid= ;;
      *) pid=$name; kill -0 "$pid" 2>/dev/null || continue ;;
    esac
    mib=$(cat "$file" 2>/dev/null)
    [ -n "$mib" ] || continue
    used=$((used + mib))
    [ -z "$pid" ] || apps="$apps$pid, $mib, python
"
  done
  total=$(cat "$FAKE_CARD/total")
}
case "$*" in
  *--id=${CARD}*) look ;;
  -L) echo "GPU 0: ${CARD_NAME} (UUID: ${CARD})"; exit ;;
  *-lms*)
    while :; do
      look
      echo "${CARD}, 0000${CARD_ADDRESS}, 570.124.06, 0, $used, $total, 50, 90, 300, 300, ${CARD_NAME}"
      sleep 1
    done ;;
  *) echo "no such card: $*" >&2; exit 6 ;;
esac
case "$*" in
  *compute-apps*) printf %s "$apps" ;;
  *) echo "$used, $total"; echo >> "$FAKE_CARD/read" ;;
esac
`;

export class FakeCard {
  readonly #folder: string;
  readonly #before: Readonly<Record<string, string | undefined>>;

  /** Puts the tool on PATH and selects the card for workers of this process. */
  constructor(folder: string, totalMib: number) {
    this.#folder = folder;
    mkdirSync(join(folder, 'memory'), { recursive: true });
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'nvidia-smi'), SMI);
    chmodSync(join(folder, 'bin', 'nvidia-smi'), 0o755);
    writeFileSync(join(folder, 'total'), String(totalMib));
    const { PATH: path, CUDA_VISIBLE_DEVICES: visible, FAKE_CARD: card } = process.env;
    this.#before = { PATH: path, CUDA_VISIBLE_DEVICES: visible, FAKE_CARD: card };
    process.env['PATH'] = [join(folder, 'bin'), path ?? ''].join(delimiter);
    process.env['CUDA_VISIBLE_DEVICES'] = CARD;
    process.env['FAKE_CARD'] = folder;
  }

  restore(): void {
    for (const [name, value] of Object.entries(this.#before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }

  /** Environment of programs that use the card. */
  get env(): Readonly<Record<string, string>> {
    return { FAKE_CARD: this.#folder };
  }

  /** Memory that stays in use and that no process of the list explains. */
  hide(mib: number): void {
    writeFileSync(join(this.#folder, 'memory', 'x.hidden'), String(mib));
  }

  unhide(): void {
    rmSync(join(this.#folder, 'memory', 'x.hidden'), { force: true });
  }

  /** Memory of a process of others. */
  hold(pid: number, mib: number): void {
    writeFileSync(join(this.#folder, 'memory', `${pid}.kept`), String(mib));
  }

  release(pid: number): void {
    rmSync(join(this.#folder, 'memory', `${pid}.kept`), { force: true });
  }

  /** Number of readings so far. */
  get readings(): number {
    const file = join(this.#folder, 'read');
    return existsSync(file) ? statSync(file).size : 0;
  }

  /** Lets the program of a trial free its memory and end. */
  async finish(trial: number): Promise<void> {
    await writeFile(join(this.#folder, `go-${trial}`), '\n');
  }

  /** Numbers of trials whose programs have allocated and not ended, as they write them. */
  running(): number[] {
    return readdirSync(this.#folder)
      .flatMap((name) => /^on-(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }
}

/**
 * A shell script that allocates memory of the card, waits until the test lets it end, and frees the
 * memory. Fails as CUDA does where the card has less memory.
 * @param mib of the program, as an expression of the shell
 */
export function cardProgram(mib: string): string {
  return `
    mib=$((${mib})); all=${BASE_MIB}
    for file in "$FAKE_CARD"/memory/*; do
      [ -f "$file" ] && all=$((all + $(cat "$file" 2>/dev/null || echo 0)))
    done
    if [ $((all + mib)) -gt "$(cat "$FAKE_CARD/total")" ]; then
      echo "torch.OutOfMemoryError: CUDA out of memory." >&2; exit 1
    fi
    echo $((mib / 2)) > "$FAKE_CARD/memory/$$"
    on="$FAKE_CARD/on-$GALAPAGOS_TRIAL"
    echo $mib > "$FAKE_CARD/memory/$$"; go="$FAKE_CARD/go-$GALAPAGOS_TRIAL"
    rm -f "$go"; : > "$on"
    while [ ! -e "$go" ]; do sleep 0.02; done
    rm -f "$on" "$FAKE_CARD/memory/$$"
    echo value=$mib`;
}
