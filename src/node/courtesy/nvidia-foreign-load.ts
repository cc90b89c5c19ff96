/** Share of NVIDIA cards that other programs use, from one long-lived `nvidia-smi pmon`. */
import { Unknown } from '../machine/utilisation/figure.ts';
import type { Figure } from '../machine/utilisation/figure.ts';
import { Followed } from './commands.ts';
import type { ForeignLoadParts, ForeignLoadSource, JudgedCard } from './foreign-load-source.ts';
import { OwnProcesses } from './own-processes.ts';

/** Milliseconds after which a line is stale. */
const STALE_MS = 5_000;
const INDEX_QUERY = ['--query-gpu=index,uuid', '--format=csv,noheader'];

/** One line of `pmon`: what a process used of a card in the last second. */
export interface PmonLine {
  readonly card: number;
  /** Null: no process uses the card. */
  readonly pid: number | null;
  /** Per cent of the card's multiprocessors; `-` is none. */
  readonly load: number;
}

/** Null: a heading or an empty line. @throws SyntaxError for another line */
export function parsePmonLine(line: string): PmonLine | null {
  const fields = line.trim().split(/\s+/);
  const [card = '', pid = '', type, sm = ''] = fields;
  if (card === '' || card.startsWith('#')) return null;
  const number = (text: string): number => (text === '-' ? 0 : Number(text));
  const found = { card: Number(card), pid: pid === '-' ? null : Number(pid), load: number(sm) };
  if (type === undefined || Number.isNaN(found.card + (found.pid ?? 0) + found.load))
    throw new SyntaxError(`nvidia-smi pmon: expected card, pid, type and sm, found ${line.trim()}`);
  return found;
}

interface CardUse {
  readonly byPid: Map<number, number>;
  at: number;
}

export class NvidiaForeignLoad implements ForeignLoadSource {
  readonly #cards: readonly JudgedCard[];
  readonly #parts: ForeignLoadParts;
  /** By index of the card. */
  readonly #uses = new Map<number, CardUse>();
  readonly #own: OwnProcesses;
  #followed: Followed | null = null;
  #indices: Promise<ReadonlyMap<string, number>> | null = null;
  #strange: string | null = null;

  constructor(cards: readonly JudgedCard[], parts: ForeignLoadParts) {
    this.#cards = cards;
    this.#parts = parts;
    this.#own = new OwnProcesses(parts.proc, parts.timer, parts.ownPids);
  }

  async read(): Promise<ReadonlyMap<string, Figure>> {
    const { start, timer, ask, ownPids } = this.#parts;
    this.#followed ??= new Followed({
      program: 'nvidia-smi',
      args: ['pmon', '-s', 'u', '-d', '1'],
      timer,
      start,
      take: (line) => this.#take(line),
    });
    this.#indices ??= ask('nvidia-smi', INDEX_QUERY).then(parseIndices);
    let indices: ReadonlyMap<string, number>;
    try {
      indices = await this.#indices;
    } catch (error) {
      this.#indices = null;
      const unknown = new Unknown(error instanceof Error ? error.message : String(error));
      return new Map(this.#cards.map(({ device }) => [device, unknown]));
    }
    const own = new Set([...ownPids(), ...(await this.#own.read()).keys()]);
    return new Map(
      this.#cards.map(({ device, uuid }) => [device, this.#load(indices.get(uuid ?? ''), own)]),
    );
  }

  stop(): void {
    this.#followed?.stop();
  }

  #load(index: number | undefined, own: ReadonlySet<number>): Figure {
    if (index === undefined) return new Unknown('nvidia-smi does not list this card');
    const use = this.#uses.get(index);
    if (use === undefined || this.#parts.timer.now() - use.at > STALE_MS)
      return new Unknown(
        this.#followed?.trouble ?? this.#strange ?? 'nvidia-smi pmon has not told of this card yet',
      );
    let load = 0;
    for (const [pid, share] of use.byPid) if (!own.has(pid)) load += share;
    return Math.min(100, load);
  }

  /** Lines of one second name a card once for each of its processes. */
  #take(line: string): void {
    let found: PmonLine | null;
    try {
      found = parsePmonLine(line);
    } catch (error) {
      this.#strange = String(error);
      return;
    }
    if (found === null) return;
    const { card, pid, load } = found;
    const now = this.#parts.timer.now();
    let use = this.#uses.get(card);
    // A process that is named again, or half a second without a line, begins another second.
    if (use === undefined || pid === null || use.byPid.has(pid) || now - use.at > 500)
      this.#uses.set(card, (use = { byPid: new Map(), at: now }));
    if (pid !== null) use.byPid.set(pid, load);
  }
}

/** Parses `0, GPU-5f3c…` lines. */
function parseIndices(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [index = '', uuid] = line.split(',').map((part) => part.trim());
      return uuid === undefined || !/^\d+$/.test(index) ? [] : [[uuid, Number(index)] as const];
    }),
  );
}
