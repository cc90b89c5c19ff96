/** Shows what this machine's node reports. */
import type { CourtesyState } from '../../node/courtesy/courtesy.ts';
import type { LinkChange, LinkEnd } from '../../node/link/link.ts';
import type { NodeListener, RunningNode } from '../../node/start-node.ts';
import type { JoinedHost } from '../../node/keys/joined-host.ts';
import type { WorkerExit } from '../../node/workers/worker-processes.ts';
import type { NodeLimits } from '../../protocol/node-messages.ts';
import { firstWords } from '../display/first-words.ts';
import type { NodeDisplay } from '../display/node-display.ts';

export class ShownNode implements NodeListener {
  /** Resolves when the node has left, or its host does not let it stay. */
  readonly left: Promise<LinkEnd>;
  readonly #display: NodeDisplay;
  readonly #host: JoinedHost;
  #leave: (end: LinkEnd) => void = () => undefined;
  /** Number of slots; 0 until the node has started. */
  #slots = 0;
  #running = 0;

  constructor(display: NodeDisplay, host: JoinedHost) {
    this.#display = display;
    this.#host = host;
    this.left = new Promise((resolve) => (this.#leave = resolve));
  }

  /** Number of worker processes that run. */
  get running(): number {
    return this.#running;
  }

  /** @param name of this machine */
  started(name: string, { slots }: Pick<RunningNode, 'slots'>): void {
    const { node, name: host, lab } = this.#host;
    this.#slots = slots.length;
    this.#display({ event: 'joined', name, node, host, lab, slots: [...slots] });
  }

  changed(change: LinkChange): void {
    const display = this.#display;
    const host = this.#host.name;
    if (change.kind === 'up') display({ event: 'connected', host, lab: change.lab });
    else if (change.kind === 'down') display({ event: 'disconnected', reason: change.reason });
    else if (change.kind === 'refused')
      display({ event: 'refused', detail: 'its key or its channel is not known there' });
    else display({ event: 'refused', detail: change.text });
  }

  ended(end: LinkEnd): void {
    this.#leave(end);
  }

  workers(count: number): void {
    if (count === this.#running) return;
    this.#running = count;
    this.#display({ event: 'workers', running: count, slots: this.#slots });
  }

  workerExited({ slot, by, lastWords }: WorkerExit): void {
    const words = firstWords(lastWords);
    if (by === 'itself' && words !== '') this.warn(`worker ${slot} ended: ${words}`);
  }

  courtesy(
    { limits, hoursFrom, held, idleSource, idleUnknown }: CourtesyState,
    owner: NodeLimits,
  ): void {
    const state = { owner, limits, hoursFrom, held, idleSource, idleUnknown };
    this.#display({ event: 'courtesy', ...state });
  }

  warn(text: string): void {
    this.#display({ event: 'note', text });
  }
}
