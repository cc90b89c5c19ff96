/**
 * Reads the memory of one NVIDIA card from `nvidia-smi`: how much is in use, and by which
 * processes. Graphics programs, and processes of other containers, are part of the sum and of no
 * process.
 */
import { readFileSync } from 'node:fs';
import { runBounded } from '../../../runtime/run-bounded.ts';

export interface CardProcess {
  readonly pid: number;
  readonly bytes: number;
  readonly name: string;
}

export interface CardReading {
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly processes: readonly CardProcess[];
}

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 1 << 20;
const MIB = 2 ** 20;

/** @param uuid of a card, `GPU-…`. @returns null: nvidia-smi is absent or does not tell */
export async function readCard(
  uuid: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<CardReading | null> {
  const ask = async (query: string): Promise<string[] | null> => {
    const command = ['nvidia-smi', `--id=${uuid}`, query, '--format=csv,noheader,nounits'];
    const { code, stdout } = await runBounded(command, {
      env,
      timeoutMs: TIMEOUT_MS,
      mostBytes: MOST_BYTES,
    });
    return code === 0 ? stdout.split('\n').filter((line) => line.trim() !== '') : null;
  };
  const [card, apps] = await Promise.all([
    ask('--query-gpu=memory.used,memory.total'),
    ask('--query-compute-apps=pid,used_memory,process_name'),
  ]);
  const [used, total] = fields(card?.[0] ?? '').map(mebibytes);
  if (apps === null || used == null || total == null) return null;
  return { usedBytes: used, totalBytes: total, processes: apps.flatMap(processIn) };
}

function processIn(line: string): CardProcess[] {
  const [id = '', used = '', ...name] = fields(line);
  const bytes = mebibytes(used);
  return /^\d+$/.test(id) && bytes !== null
    ? [{ pid: Number(id), bytes, name: name.join(', ') }]
    : [];
}

function fields(line: string): string[] {
  return line.split(',').map((field) => field.trim());
}

/** Null: not a number, such as `[N/A]`. */
function mebibytes(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * MIB : null;
}

/** Process group of a process; null: it is gone, or this system does not tell. */
export function groupOf(pid: number): number | null {
  try {
    // The name of the program stands in brackets and may contain anything.
    const [, group] =
      /\)\s+\S\s+\d+\s+(\d+)\s[^)]*$/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    return group === undefined ? null : Number(group);
  } catch {
    return null;
  }
}
