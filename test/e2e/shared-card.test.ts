/**
 * Studies whose trials share a card, as a user runs them, on a simulated one: an `nvidia-smi` on
 * PATH, and a PCI bus with the card in a mount namespace of the command.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import type { TrialRecord } from '../../src/storage/lab-reader.ts';
import { built, start } from '../support/built-command.ts';
import type { Ended } from '../support/built-command.ts';
import { shell } from '../support/command-attempt.ts';
import { CARD_ADDRESS, FakeCard, cardProgram } from '../support/fake-card.ts';
import { skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const TOTAL_MIB = 10_000;
const ASIDE = userInfo().uid === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
const BUS = '/sys/bus/pci/devices';

beforeAll(built);

describe('Studies on a shared card', () => {
  let folder: TemporaryFolder;
  let card: FakeCard;
  beforeEach((context) => {
    folder = temporaryFolder();
    const entry = join(folder.file('bus'), CARD_ADDRESS);
    mkdirSync(entry, { recursive: true });
    writeFileSync(join(entry, 'class'), '0x030200\n');
    writeFileSync(join(entry, 'vendor'), '0x10de\n');
    skipIf(whyNoBus(folder.file('bus')), context);
    card = new FakeCard(folder.file('card'), TOTAL_MIB);
  });
  afterEach(() => {
    card.restore();
    folder.remove();
  });

  /** Runs a study in a lab of its own. @param mib of a program, as an expression of the shell */
  function run(name: string, mib: string, more: object): Promise<Ended> {
    const project = folder.file(name);
    mkdirSync(project);
    const study = {
      format: 'galapagos-study/1',
      name: 'mine',
      objective: {
        kind: 'command',
        command: [...shell(cardProgram(mib)), 'sh', '{x}'],
        env: card.env,
        result: { stdout: 'value=(.*)' },
        resources: { gpus: 'shared' },
      },
      direction: 'minimize',
      searchSpace: { x: { type: 'float', low: 0, high: 1 } },
      sampler: { name: 'random' },
      seed: 3,
      ...more,
    };
    writeFileSync(join(project, 'study.json'), JSON.stringify(study));
    const env = { GALAPAGOS_HOME: folder.file('home') };
    const inside = withBus(folder.file('bus'));
    return start(['run', 'study.json'], project, undefined, env, inside).ended;
  }

  function trials(name: string): readonly TrialRecord[] {
    const reader = readLab(join(folder.file(name), 'lab.db'));
    try {
      return [...reader.trials('mine')];
    } finally {
      reader.close();
    }
  }

  async function running(...wanted: readonly number[]): Promise<void> {
    await expect.poll(() => card.running()).toEqual(wanted);
  }

  /** Waits until two readings have begun and ended. */
  async function read(): Promise<void> {
    const { readings } = card;
    await expect.poll(() => card.readings).toBeGreaterThan(readings + 2);
  }

  it('run two trials alone, then as many as fit, and repeat one alone that ran out of memory', async () => {
    const more = { stop: { trials: 5 } };
    const ended = run('packed', 'GALAPAGOS_TRIAL == 4 ? 8000 : 2900', more);
    for (const trial of [0, 1]) {
      await running(trial);
      await read();
      expect(card.running()).toEqual([trial]);
      await card.finish(trial);
    }
    // (10,000 − 100) / (2,900 × 1.1) = 3.1
    await running(2, 3);
    await read();
    // Trial 4 has failed beside them, and waits until it has the card for itself.
    await card.finish(3);
    await expect.poll(() => trials('packed')[4]?.attempts).toBe(2);
    await read();
    expect(card.running()).toEqual([2]);
    await card.finish(2);
    await running(4);
    await card.finish(4);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    const found = trials('packed');
    expect(found.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'complete'));
    expect(found.map(({ value }) => value)).toEqual([2900, 2900, 2900, 2900, 8000]);
    expect(found[4]?.attempts).toBe(2);
    expect(found[1]?.result?.metrics?.['gpuMemoryGb']).toBeCloseTo(2_900 * 1.048576e-3, 6);
  });

  it('tell the sampler of a trial that fails because it ran out of memory twice', async () => {
    const more = { sampler: { name: 'tpe', startup: 2 }, stop: { trials: 7 } };
    const all = async (name: string, mib: string): Promise<readonly TrialRecord[]> => {
      const ended = run(name, mib, more);
      const isOver = ended.then(() => true);
      const told = new Set<number>();
      // More than half of the card each: they run one after the other.
      for (;;) {
        const [now] = card.running();
        if (now !== undefined && !told.has(now)) await card.finish(now);
        if (now !== undefined) told.add(now);
        const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), 20));
        if (await Promise.race([isOver, pause])) break;
      }
      expect(await ended).toMatchObject({ code: 0, stderr: '' });
      return trials(name);
    };
    const sound = await all('sound', '6000 - 10 * GALAPAGOS_TRIAL');
    const failing = await all(
      'failing',
      'GALAPAGOS_TRIAL == 3 ? 60000 : 6000 - 10 * GALAPAGOS_TRIAL',
    );
    expect(sound.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'complete'));
    expect(failing.map(({ state }) => state)).toEqual(
      sound.map(({ number }) => (number === 3 ? 'failed' : 'complete')),
    );
    expect(failing[3]).toMatchObject({ attempts: 2, outcome: 'outOfMemory' });
    // The proposals are equal as long as the histories are.
    const points = (found: readonly TrialRecord[]) => found.map(({ params }) => params['x']);
    expect(points(failing).slice(0, 4)).toEqual(points(sound).slice(0, 4));
    expect(points(failing).slice(4)).not.toEqual(points(sound).slice(4));
    expect(failing.map(({ historyLength }) => historyLength)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

/** Command line that runs another one where the folder is the PCI bus. */
function withBus(bus: string): readonly [string, ...string[]] {
  return ['unshare', ...ASIDE, 'sh', '-c', `mount --bind "$0" ${BUS} && exec "$@"`, bus];
}

/** Reason why the bus cannot be replaced on this machine; null: it can. */
function whyNoBus(bus: string): string | null {
  if (process.platform !== 'linux') return 'needs mount namespaces of Linux';
  const [unshare, ...args] = withBus(bus);
  const tried = spawnSync(unshare, [...args, 'true'], { encoding: 'utf8' });
  if (tried.error !== undefined) return 'needs unshare (package util-linux)';
  const said = tried.stderr.trim().split('\n')[0] ?? '';
  return tried.status === 0 ? null : `needs the right to mount in a namespace: ${said}`;
}
