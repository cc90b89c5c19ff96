/**
 * Fetches one dataset in chunks from the host and from other nodes. Every chunk is verified with
 * the chunk manifest before it is written, so any source will do. The clock is a parameter, and
 * files and channels are behind interfaces.
 */
import type { DataAnswer } from '../../protocol/data-messages.ts';
import type { NeededProgram } from '../../protocol/node-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { DataSource } from '../../transport/nodes/data-channel.ts';
import { Bitmap, type ChunkRange } from './bitmap.ts';
import type { ChunkReader, ChunkWriter, IncomingTrees } from './incoming.ts';
import { fetchManifest, type AskPart } from './fetch-manifest.ts';
import { isChunk, type Manifest } from './manifest.ts';
import { SourceState } from './source-state.ts';

/** Milliseconds between two looks at sources that are silent or rest. */
const TICK_MS = 100;
/**
 * Milliseconds between two questions to a peer which chunks it has: at least these, and one for
 * each 100 chunks, because the answer is as long as their bitmap.
 */
const HAVE_MS = 100;
const HAVE_CHUNKS = 100;
/** Milliseconds between two tries while the disk is full. */
const FULL_MS = 60_000;
/** Chunks and milliseconds after which what was written is made durable. */
const SAVE_CHUNKS = 32;
const SAVE_MS = 1_000;
/** Most ranges of lacking chunks in a report. */
const MOST_RANGES = 4096;

/** A dataset that the host wants this node to have. */
export interface FetchOrder {
  /** SHA-256 of the dataset's content, its id. */
  readonly content: string;
  /** SHA-256 of its chunk manifest. */
  readonly tree: string;
  /** Name at the host. */
  readonly name: string;
  /** Programs that the content is the code of; absent: it is a dataset. */
  readonly programs?: NeededProgram[];
}

export interface FetchState {
  readonly state: 'fetching' | 'checking' | 'had' | 'paused' | 'failed';
  readonly bytes: number;
  /** 0: not known yet. */
  readonly of: number;
  /** Names of the sources that are asked. */
  readonly sources: readonly string[];
  readonly lacks: readonly ChunkRange[];
  /** For people; null: none. */
  readonly error: string | null;
}

/** Space that a dataset needs and that there is, in bytes. */
export interface Space {
  readonly needed: number;
  readonly free: number;
}

export interface FetchParts {
  readonly timer: Timer;
  readonly incoming: IncomingTrees;
  /**
   * Makes room for a number of bytes, at the cost of unused datasets, and returns how much there
   * is then.
   */
  readonly makeRoom: (bytes: number) => Promise<Space>;
  /**
   * Checks the collected files as an import does and moves them into place.
   * @throws Error whose message says what is wrong
   */
  readonly finish: (order: FetchOrder, manifest: Manifest) => Promise<void>;
  readonly changed: (state: FetchState) => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class TreeFetch {
  readonly order: FetchOrder;
  readonly #parts: FetchParts;
  readonly #sources = new Map<string, { state: SourceState; unsubscribe: () => void }>();
  /** Chunks under way, with the source that was asked for them. */
  readonly #asked = new Map<number, SourceState>();
  #writer: ChunkWriter | null = null;
  #state: FetchState['state'] = 'fetching';
  #error: string | null = null;
  /** Bytes verified. */
  #bytes = 0;
  #manifest: Manifest | null = null;
  /** Source that is being asked for the manifest. */
  #asksManifest: SourceState | null = null;
  /** Chunks written since the last save, and the time of that. */
  #unsaved = 0;
  #savedAt = 0;
  #saving: Promise<void> | null = null;
  #fullUntil = -Infinity;
  #stopTick: () => void = () => undefined;
  #closed = false;

  constructor(order: FetchOrder, parts: FetchParts) {
    this.order = order;
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#tick();
    const known = await this.#parts.incoming.known(this.order.tree);
    if (known !== null) await this.#begin(known);
    this.#pump();
  }

  /** The chunks that are here already, for other nodes; null: none yet. */
  get reader(): ChunkReader | null {
    return this.#writer;
  }

  get state(): FetchState {
    const asked = [...this.#sources.values()].filter(({ state }) => state.under > 0);
    const had = this.#writer?.had;
    return {
      state: this.#state,
      bytes: this.#bytes,
      of: this.#manifest?.total ?? 0,
      sources: asked.map(({ state }) => state.name),
      lacks: had === undefined ? [] : had.inverted().ranges(MOST_RANGES),
      error: this.#error,
    };
  }

  /** Number of sources, those that rest included. */
  get sources(): number {
    return this.#sources.size;
  }

  /** Adds a source, or replaces the one with this key. */
  addSource(key: string, name: string, source: DataSource, isHost: boolean): void {
    this.removeSource(key);
    const state = new SourceState(name, source, isHost);
    const unsubscribe = source.onReady(() => {
      state.ready();
      this.#pump();
    });
    this.#sources.set(key, { state, unsubscribe });
    this.#pump();
  }

  removeSource(key: string): void {
    const known = this.#sources.get(key);
    if (known === undefined) return;
    known.unsubscribe();
    this.#sources.delete(key);
    this.#free(known.state);
    this.#pump();
  }

  /** Ends fetching; what is here stays for another time. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTick();
    for (const key of [...this.#sources.keys()]) this.removeSource(key);
    await this.#release();
  }

  async #release(): Promise<void> {
    const writer = this.#writer;
    this.#writer = null;
    if (writer === null) return;
    await this.#saving?.catch(() => undefined);
    await writer.save().catch(() => undefined);
    await writer.close().catch(() => undefined);
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  get #fetches(): boolean {
    return !this.#closed && this.#state === 'fetching';
  }

  #tick(): void {
    const now = this.#parts.timer.now();
    for (const { state } of this.#sources.values()) if (state.becomesSilent(now)) this.#free(state);
    if (this.#state === 'paused' && now >= this.#fullUntil) void this.#resume();
    if (this.#unsaved > 0 && now - this.#savedAt >= SAVE_MS) this.#save();
    this.#pump();
    this.#stopTick = this.#parts.timer.after(TICK_MS, () => this.#tick());
  }

  /** Asks every source for as much as it takes. */
  #pump(): void {
    if (!this.#fetches) return;
    if (this.#writer === null) this.#pumpManifest();
    else
      for (const state of this.#usable()) {
        if (!state.isHost) this.#askHave(state);
        while (this.#mayAsk(state) && (state.isHost ? this.#askAny(state) : this.#askChunk(state)));
      }
  }

  /** Peers before the host, because the host has chunks that no other has. */
  #usable(): SourceState[] {
    const states = [...this.#sources.values()].map(({ state }) => state);
    return states.filter((state) => !state.dropped).sort((a, b) => +a.isHost - +b.isHost);
  }

  #mayAsk(state: SourceState): boolean {
    return state.mayAsk(this.#parts.timer.now(), this.#usable().length === 1);
  }

  /** Asks one source for the manifest: the host, where there is a choice. */
  #pumpManifest(): void {
    if (this.#asksManifest !== null || this.#manifest !== null) return;
    const state = this.#usable().findLast((each) => this.#mayAsk(each));
    if (state === undefined) return;
    this.#asksManifest = state;
    void this.#askManifest(state);
  }

  async #askManifest(state: SourceState): Promise<void> {
    const ask: AskPart = (question) => this.#ask(state, question);
    const found = await fetchManifest(this.order.tree, ask);
    if (this.#asksManifest !== state) return;
    this.#asksManifest = null;
    if (found === 'wrong') this.#wrong(state, null, 'another chunk manifest');
    else if (found === null) state.pause(this.#parts.timer.now());
    else await this.#begin(found);
    this.#pump();
  }

  /** Opens the files, verifies what is there already, and looks whether the rest has room. */
  async #begin(manifest: Manifest): Promise<void> {
    if (this.#closed || this.#manifest !== null) return;
    this.#manifest = manifest;
    this.#set('checking');
    try {
      const writer = await this.#parts.incoming.open(manifest);
      await writer.resume(() => {
        this.#bytes = bytesOf(writer);
        this.#parts.changed(this.state);
      });
      this.#writer = writer;
      this.#bytes = bytesOf(writer);
      if (this.#isClosed()) await this.#release();
      else await this.#continue(writer);
    } catch (error) {
      await this.#failedToWrite(error);
    }
  }

  async #continue(writer: ChunkWriter): Promise<void> {
    const space = await this.#parts.makeRoom(writer.manifest.total - this.#bytes);
    if (this.#closed) return;
    if (space.free < space.needed) {
      this.#pauseFull(space);
      return;
    }
    this.#error = null;
    this.#savedAt = this.#parts.timer.now();
    this.#set('fetching');
    if (writer.had.full) await this.#finish(writer);
    this.#pump();
  }

  #askHave(state: SourceState): void {
    const now = this.#parts.timer.now();
    const each = Math.max(HAVE_MS, (this.#manifest?.chunks ?? 0) / HAVE_CHUNKS);
    if (now - state.haveAskedAt < each || state.have?.full === true) return;
    if (!this.#mayAsk(state)) return;
    state.haveAskedAt = now;
    void this.#ask(state, { type: 'have', tree: this.order.tree }).then((answer) => {
      if (answer?.head.type === 'have' && this.#manifest !== null)
        state.have = new Bitmap(this.#manifest.chunks, answer.body);
      this.#pump();
    });
  }

  /** Asks the host for one of the chunks that nothing else was asked for. */
  #askAny(state: SourceState): boolean {
    if (this.#writer === null) return false;
    const lacks = this.#writer.had.inverted();
    for (const index of this.#asked.keys()) lacks.delete(index);
    const now = this.#parts.timer.now();
    for (const index of lacks) if (state.refuses(index, now)) lacks.delete(index);
    // Of two requests under way, each gets another chunk.
    if (lacks.count <= state.under) return false;
    void this.#ask(state, { type: 'any', tree: this.order.tree }, lacks.bytes())
      .then((answer) => this.#take(state, answer))
      .then(() => this.#pump());
    return true;
  }

  /** Asks a peer for one of the chunks that it has, chosen at random. */
  #askChunk(state: SourceState): boolean {
    const [had, { have }] = [this.#writer?.had, state];
    if (had === undefined || have === null) return false;
    const now = this.#parts.timer.now();
    const first = Math.floor(this.#parts.random() * had.length);
    for (let i = 0; i < had.length; i++) {
      const index = (first + i) % had.length;
      if (had.has(index) || !have.has(index)) continue;
      if (this.#asked.has(index) || state.refuses(index, now)) continue;
      void this.#askFor(state, have, index);
      return true;
    }
    return false;
  }

  async #askFor(state: SourceState, have: Bitmap, index: number): Promise<void> {
    this.#asked.set(index, state);
    const answer = await this.#ask(state, { type: 'chunk', tree: this.order.tree, index });
    if (answer?.head.type === 'none') have.delete(index);
    await this.#take(state, answer);
    this.#unask(state, index);
    this.#pump();
  }

  /** @returns null if the connection was lost */
  async #ask(
    state: SourceState,
    ...question: Parameters<DataSource['ask']>
  ): Promise<DataAnswer | null> {
    const request = state.asked(this.#parts.timer.now());
    try {
      const answer = await state.source.ask(...question);
      state.answered(request, this.#parts.timer.now());
      return answer;
    } catch {
      state.lost(request, this.#parts.timer.now());
      return null;
    }
  }

  /** Takes a chunk, also one that came late. */
  async #take(state: SourceState, answer: DataAnswer | null): Promise<void> {
    const writer = this.#writer;
    if (this.#closed || writer === null) return;
    if (answer?.head.type === 'none' || answer?.head.type === 'busy')
      state.pause(this.#parts.timer.now());
    if (answer?.head.type !== 'chunk') return;
    const { index } = answer.head;
    // Until it is written, nothing is asked for it again.
    this.#asked.set(index, state);
    if (!(await isChunk(writer.manifest, index, answer.body)))
      this.#wrong(state, index, 'wrong chunks');
    else if (this.#fetches && !writer.had.has(index)) await this.#write(writer, index, answer.body);
    this.#unask(state, index);
  }

  #unask(state: SourceState, index: number): void {
    if (this.#asked.get(index) === state) this.#asked.delete(index);
  }

  async #write(writer: ChunkWriter, index: number, chunk: Uint8Array): Promise<void> {
    try {
      await writer.write(index, chunk);
    } catch (error) {
      await this.#failedToWrite(error);
      return;
    }
    this.#bytes = bytesOf(writer);
    this.#unsaved += 1;
    if (writer.had.full) await this.#finish(writer);
    else if (this.#unsaved >= SAVE_CHUNKS) this.#save();
    if (this.#fetches) this.#parts.changed(this.state);
  }

  #save(): void {
    if (this.#writer === null || this.#saving !== null) return;
    this.#unsaved = 0;
    this.#savedAt = this.#parts.timer.now();
    this.#saving = this.#writer
      .save()
      .catch((error: unknown) => this.#failedToWrite(error))
      .finally(() => {
        this.#saving = null;
      });
  }

  async #finish(writer: ChunkWriter): Promise<void> {
    if (this.#state !== 'fetching') return;
    this.#set('checking');
    await this.#release();
    if (this.#closed) return;
    try {
      await this.#parts.finish(this.order, writer.manifest);
      this.#set('had');
    } catch (error) {
      if (isDiskFull(error)) await this.#failedToWrite(error);
      else {
        await this.#parts.incoming.remove(this.order.tree).catch(() => undefined);
        this.#fail(messageOf(error));
      }
    }
  }

  async #failedToWrite(error: unknown): Promise<void> {
    if (this.#closed || this.#state === 'paused') return;
    if (isDiskFull(error)) {
      const needed = (this.#manifest?.total ?? 0) - this.#bytes;
      this.#pauseFull({ needed, free: 0 });
      this.#pauseFull(await this.#parts.makeRoom(needed));
    } else {
      this.#fail(messageOf(error));
      await this.#release();
    }
  }

  #pauseFull({ needed, free }: Space): void {
    this.#fullUntil = this.#parts.timer.now() + FULL_MS;
    this.#error = `disk full: ${sizeWords(needed)} needed, ${sizeWords(free)} free`;
    this.#set('paused');
  }

  /** Tries again after the disk was full. */
  async #resume(): Promise<void> {
    this.#fullUntil = Infinity;
    const [manifest, writer] = [this.#manifest, this.#writer];
    try {
      if (writer !== null) await this.#continue(writer);
      else if (manifest !== null) {
        this.#manifest = null;
        await this.#begin(manifest);
      }
    } catch (error) {
      await this.#failedToWrite(error);
    }
  }

  #fail(error: string): void {
    this.#error = error;
    this.#set('failed');
    this.#stopTick();
  }

  /** @param index null: not of a chunk */
  #wrong(state: SourceState, index: number | null, sent: string): void {
    if (!state.sentWrong(index, this.#parts.timer.now())) return;
    this.#free(state);
    this.#error = `${state.name} sent ${sent} of ${this.order.name} and is not asked any more`;
    const left = this.#usable().length > 0;
    if (left) this.#parts.changed(this.state);
    else this.#fail(this.#error);
  }

  /** Lets other sources be asked for what this one was. */
  #free(state: SourceState): void {
    if (this.#asksManifest === state) this.#asksManifest = null;
    for (const [index, asked] of this.#asked) if (asked === state) this.#asked.delete(index);
  }

  #set(state: FetchState['state']): void {
    this.#state = state;
    if (!this.#closed) this.#parts.changed(this.state);
  }
}

function bytesOf({ had, manifest }: ChunkWriter): number {
  const last = manifest.chunks - 1;
  const missing = had.has(last) ? manifest.chunkBytes - manifest.lengthOf(last) : 0;
  return had.count * manifest.chunkBytes - missing;
}

export function isDiskFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'disk-full')
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `2.1 GB`, `3 MB`. */
function sizeWords(bytes: number): string {
  return bytes >= 1e8 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
