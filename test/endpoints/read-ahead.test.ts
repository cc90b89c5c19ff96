/** Tests that a lab's trials are read before a window asks for them. */
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { Study } from '../../src/core/scheduling/index.ts';
import type { LabView } from '../../src/endpoints/projections/lab-view.ts';
import { Projections } from '../../src/endpoints/projections/projections.ts';
import { FileReading } from '../../src/endpoints/reading/file-reading.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { createStudy, plainSpec, propose, start, succeed } from '../support/lab-writes.ts';
import { Applications } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
afterEach(async () => {
  vi.restoreAllMocks();
  await applications.close();
});
afterAll(() => folder.remove());

const TRIALS = 40;
const uidOf = (i: number): string => `6b1f2c1e-0d7a-4d1e-9f55-3a1d2f9c0b3${i}`;

/** Writes finished studies, each started a minute after the one before. */
function writeStudies(file: string, names: readonly string[]): void {
  const lab = openLab(file, { create: true });
  for (const [i, name] of names.entries()) {
    const uid = uidOf(i);
    const numbers = Array.from({ length: TRIALS }, (_, number) => number);
    const starts = numbers.map((number) => ({ ...start(number, 1, uid), at: i * 60_000 }));
    lab.commit([
      [createStudy(uid, { ...plainSpec, name })],
      ...numbers.map((number) => [propose(number, uid)]),
      ...starts.map((write) => [write]),
      ...numbers.map((number) => succeed(number, number, number, uid)),
      [{ op: 'studyState', uid, state: 'finished', reason: 'trials' }],
    ]);
  }
  lab.close();
}

describe('Lab that is opened: reading ahead', () => {
  it('reads the latest study once, before a window asks for it, and shows its rows', async () => {
    writeStudies(folder.file('two.db'), ['earlier', 'latest']);
    const rows = vi.spyOn(FileReading.prototype, 'rows');
    const { window } = await applications.open('two.db');
    await expect.poll(() => rows.mock.calls.map(([study]) => study)).toEqual([uidOf(1)]);
    const client = window.study(uidOf(1));
    await window.until(() => client.rows.size === TRIALS && client.head !== null);
    expect([...client.rows.values()].map(({ value }) => value).sort((a, b) => a - b)).toEqual(
      Array.from({ length: TRIALS }, (_, number) => number),
    );
    expect(rows).toHaveBeenCalledTimes(1);
  });

  /** Returns projections of a view of these studies, and the studies that they read. */
  function projectionsOf(studies: readonly (Partial<Study> & { readonly created: number })[]): {
    readonly projections: Projections;
    readonly read: string[];
    readonly stopped: string[];
  } {
    const watches = studies.map(({ created, ...study }, i) => {
      const dormant = { head: { trials: 0 } };
      return [uidOf(i), { created, study: { uid: uidOf(i), spec: plainSpec, dormant, ...study } }];
    });
    const listen = () => () => undefined;
    const view = {
      studies: new Map(watches as never),
      foreignChanged: { listen },
      lab: { listen },
    };
    const read: string[] = [];
    const stopped: string[] = [];
    const rows = (study: string) => {
      read.push(study);
      return () => void stopped.push(study);
    };
    const reading = { rows };
    const projections = new Projections(view as unknown as LabView, reading as never);
    return { projections, read, stopped };
  }

  it('prefers a running study to the latest, and never reads a deleted one', () => {
    const { projections, read } = projectionsOf([
      { state: 'running', created: 1 },
      { state: 'finished', created: 2 },
      { state: 'finished', created: 3, deleted: true },
    ]);
    projections.readAhead();
    expect(read).toEqual([uidOf(0)]);
    projections.close();
    const deleted = projectionsOf([{ state: 'finished', created: 3, deleted: true }]);
    deleted.projections.readAhead();
    expect(deleted.read).toEqual([]);
  });

  it('stops when a window asks for another study first, and starts again when it asks for it', () => {
    const { projections, read, stopped } = projectionsOf([
      { state: 'finished', created: 1 },
      { state: 'finished', created: 2 },
    ]);
    projections.readAhead();
    projections.watch(uidOf(0));
    expect([read, stopped]).toEqual([[uidOf(1), uidOf(0)], [uidOf(1)]]);
    projections.watch(uidOf(1));
    projections.watch(uidOf(0));
    expect([read, stopped]).toEqual([[uidOf(1), uidOf(0), uidOf(1)], [uidOf(1)]]);
    projections.close();
  });

  it('reads nothing when a window has asked for a study already, or the lab is closed', () => {
    const studies = [
      { state: 'finished', created: 1 },
      { state: 'finished', created: 2 },
    ] as const;
    const asked = projectionsOf(studies);
    asked.projections.watch(uidOf(0));
    asked.projections.readAhead();
    expect(asked.read).toEqual([uidOf(0)]);
    asked.projections.close();
    const closed = projectionsOf(studies);
    closed.projections.close();
    closed.projections.readAhead();
    expect(closed.read).toEqual([]);
  });
});
