/** Studies whose trials are containers, by each engine that runs here, with an image made here. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkerProcesses } from '../../src/node/workers/worker-processes.ts';
import { permit } from '../../src/objectives/command/permission.ts';
import { commandObjective } from '../../src/protocol/command-objective.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, start } from '../support/built-command.ts';
import { CommandPlace, shell } from '../support/command-attempt.ts';
import { prepareEngine, removeWhenFree } from '../support/container-engines.ts';
import type { PreparedEngine, ReadyEngine } from '../support/container-engines.ts';
import { skipIf } from '../support/platform.ts';
import { processesWith } from '../support/processes-with.ts';
import { ScriptedCoordinator } from '../support/scripted-coordinator.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';
import { gone, workerCommand } from '../support/worker-command.ts';

beforeAll(built);

/** Ignores the polite signal. */
const STUBBORN = `trap '' TERM; echo '{"step": 0, "value": 1}' >> "$GALAPAGOS_REPORTS"
  while :; do sleep 1; done`;

describe.each(['docker', 'podman', 'apptainer'] as const)('Trials in containers of %s', (name) => {
  let engines: TemporaryFolder;
  let prepared: PreparedEngine;
  let engine: ReadyEngine;
  let folder: TemporaryFolder;
  let place: CommandPlace;
  let container: { readonly image: string; readonly engine: ReadyEngine['name'] };
  beforeAll(async () => {
    engines = temporaryFolder();
    prepared = await prepareEngine(name, engines.path);
  });
  afterAll(async () => {
    if (!('missing' in prepared)) await prepared.close();
    await removeWhenFree(engines);
  });
  beforeEach((context) => {
    folder = temporaryFolder();
    place = new CommandPlace();
    if ('missing' in prepared) {
      skipIf(prepared.missing, context);
      return;
    }
    engine = prepared;
    container = { image: engine.image, engine: name };
    for (const [key, value] of Object.entries(engine.env)) vi.stubEnv(key, value);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    place.remove();
    folder.remove();
    if ('missing' in prepared) return;
    await expect.poll(() => engine.cleaning(), { timeout: 60_000 }).toEqual([]);
  });

  /** Waits until no container of a trial and no process in one is left. */
  async function nothingLeft(): Promise<void> {
    await expect.poll(() => engine.containers(), { timeout: 60_000 }).toEqual([]);
    await expect.poll(() => processesWith(place.userFolder), { timeout: 60_000 }).toEqual([]);
  }

  /** Id of the first process of the only container; the program's own where that has no init. */
  async function running(): Promise<{ readonly name: string; readonly pid: number }> {
    if (!engine.isService) {
      const found = (): number[] =>
        processesWith(place.userFolder).filter((pid) =>
          /^(?:\/bin\/)?sh\0-c\0(?:trap|n=)/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
        );
      await expect.poll(() => found().length, { timeout: 60_000 }).toBeGreaterThan(0);
      return { name: '', pid: found()[0] ?? 0 };
    }
    await expect.poll(() => engine.containers().length, { timeout: 60_000 }).toBe(1);
    const [only = ''] = engine.containers();
    const pid = (): number => Number(engine.inspect(only, '{{.State.Pid}}'));
    await expect.poll(pid, { timeout: 60_000 }).toBeGreaterThan(0);
    return { name: only, pid: pid() };
  }

  it('give values, reports and files that this user can read', async () => {
    const script = `echo "as $(id -u) in $PWD: $(cat given.txt)"
      [ "$HOME" = "$TMPDIR" ] && echo x > "$HOME/mine" && echo "home is temporary"
      echo '{"step": 0, "value": 0.25, "metrics": {"loss": 2}}' >> "$GALAPAGOS_REPORTS"
      echo "$EXTRA" > "$GALAPAGOS_CHECKPOINT_DIR/weights"
      echo "{\\"acc\\": $1}" > "$GALAPAGOS_TRIAL_DIR/m.json"`;
    writeFileSync(join(place.project, 'given.txt'), 'a file of the project');
    writeFileSync(
      join(place.project, 'study.json'),
      JSON.stringify({
        format: 'galapagos-study/1',
        name: 'contained',
        objective: {
          kind: 'command',
          command: [...shell(script), 'sh', '{x}'],
          env: { EXTRA: 'a "b" $c é' },
          result: { json: 'm.json', key: 'acc' },
          keep: { checkpoints: 'all' },
          container,
        },
        direction: 'maximize',
        searchSpace: { x: { type: 'float', low: 0, high: 1 } },
        sampler: { name: 'random' },
        stop: { trials: 3 },
        seed: 1,
      }),
    );
    const home = folder.file('home');
    const env = { GALAPAGOS_HOME: home };
    const ran = await start(['run', 'study.json'], place.project, undefined, env).ended;
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const reader = readLab(join(place.project, 'lab.db'));
    const trials = [...reader.trials('contained')];
    reader.close();
    expect(trials.map(({ state }) => state)).toEqual(['complete', 'complete', 'complete']);
    for (const { value, params, reports } of trials) {
      expect(value).toBe(params['x']);
      expect(reports).toMatchObject([{ step: 0, value: 0.25 }]);
    }
    const logs = await start(['logs', 'contained', '1'], place.project, undefined, env).ended;
    expect(logs.stdout).toMatch(/^as \d+ in .*: a file of the project$/m);
    expect(logs.stdout).toContain(`as ${process.getuid?.()} in`);
    expect(logs.stdout).toContain('home is temporary');
    const kept = readdirSync(join(home, 'checkpoints'), { recursive: true, encoding: 'utf8' });
    const weights = kept.filter((name) => name.endsWith('weights'));
    expect(weights).toHaveLength(3);
    for (const name of weights)
      expect(readFileSync(join(home, 'checkpoints', name), 'utf8')).toBe('a "b" $c é\n');
    await nothingLeft();
  });

  it('end when the trial is cancelled, by force where the program ignores the request', async () => {
    const started = place.start({ command: shell(STUBBORN), container, graceSeconds: 0.5 });
    await started.reported(0);
    const { pid } = await running();
    started.stop.abort('cancelled');
    expect(await started.ended).toMatchObject({ outcome: 'cancelled' });
    await gone(pid, 60_000);
    await nothingLeft();
  });

  it('end politely where the program obeys', async () => {
    const script = `trap 'echo polite; exit 0' TERM
      echo '{"step": 0, "value": 1}' >> "$GALAPAGOS_REPORTS"; while :; do sleep 0.1; done`;
    const started = place.start({ command: shell(script), container, graceSeconds: 60 });
    await started.reported(0);
    started.stop.abort('pruned');
    expect(await started.ended).toMatchObject({ outcome: 'pruned' });
    expect(place.output()).toContain('polite');
    await nothingLeft();
  });

  it('are suspended while the gate is closed, and go on', async (context) => {
    skipIf(engine.cannotPause, context);
    const script = `n=0; while [ ! -e "$GALAPAGOS_STOP" ]; do
      echo "{\\"step\\": $n, \\"value\\": 1}" >> "$GALAPAGOS_REPORTS"; n=$((n + 1)); sleep 0.02; done`;
    const started = place.start({ command: shell(script), container, graceSeconds: 60 });
    await started.reported(0);
    const { name: only, pid } = await running();
    const isSuspended = (): boolean =>
      engine.isService
        ? engine.inspect(only, '{{.State.Status}}') === 'paused'
        : readFileSync(`/proc/${pid}/stat`, 'utf8').includes(' T ');
    // The engine carries the last of several commands out last.
    for (let each = 0; each < 3; each++) {
      place.gate.close();
      place.gate.open();
    }
    place.gate.close();
    await expect.poll(isSuspended, { timeout: 60_000 }).toBe(true);
    place.gate.open();
    await expect.poll(isSuspended, { timeout: 60_000 }).toBe(false);
    await started.reported((started.reports.at(-1)?.step ?? 0) + 1);
    place.gate.close();
    await expect.poll(isSuspended, { timeout: 60_000 }).toBe(true);
    started.stop.abort('cancelled');
    expect(await started.ended).toMatchObject({ outcome: 'cancelled' });
    await nothingLeft();
  });

  it('do not survive a worker that is killed by SIGKILL', async () => {
    const coordinator = await ScriptedCoordinator.bind();
    const { controlEndpoint, token } = coordinator.transport;
    const workers = new WorkerProcesses({
      ...workerCommand,
      userFolder: place.userFolder,
      controlEndpoint,
      token,
      onExit: () => undefined,
    });
    try {
      const objective = commandObjective.parse({
        kind: 'command',
        command: shell(STUBBORN),
        folder: place.project,
        container,
      });
      permit(place.userFolder, objective);
      workers.spawn('local/cpu/0', '1.1', 0);
      const session = await coordinator.welcome(await coordinator.hello());
      coordinator.study(session, objective);
      coordinator.cohort(session, 0);
      const { pid } = await running();
      process.kill(workers.running[0]?.pid ?? 0, 'SIGKILL');
      await gone(pid, 60_000);
      await nothingLeft();
      await expect.poll(() => readdirSync(join(place.userFolder, 'runs'))).toEqual([]);
    } finally {
      await workers.close(0);
      await coordinator.close();
    }
  });
});
