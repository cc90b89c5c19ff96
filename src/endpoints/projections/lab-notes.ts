/** The latest notes of the coordinator. Contains codes and data; the window has the wording. */
import type { LabChange } from '../../core/scheduling/index.ts';
import type { LabBody } from '../../protocol/window/lab-stream.ts';

const MOST = 50;

export type Note = NonNullable<LabBody['notes']>[number];

export class LabNotes {
  #notes: Note[] = [];
  #next = 0;

  get latest(): readonly Note[] {
    return this.#notes;
  }

  add(code: string, data: Record<string, unknown>): void {
    this.#notes = [
      ...this.#notes.slice(1 - MOST),
      { id: this.#next++, at: Date.now(), code, data },
    ];
  }

  /** @returns whether the change is kept as a note */
  observe({ kind, ...data }: LabChange): boolean {
    switch (kind) {
      case 'slotLost':
      case 'slotQuarantined':
      case 'objectiveSuspected':
      case 'commandRefused':
      case 'storageStalled':
      case 'storageBack':
      case 'anomaly':
        this.add(kind, { ...data });
        return true;
      case 'slotReady':
      case 'slotReleased':
      case 'nodePresence':
      case 'nodeMode':
      case 'nodeHeld':
      case 'nodeQuarantined':
      case 'nodeReleased':
      case 'nodeMismatch':
        return false;
      default:
        return kind satisfies never;
    }
  }
}
