/** Trials in containers, by an engine on PATH that records its arguments and runs the command. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { userInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemText } from '../../../src/core/errors.ts';
import { command } from '../../../src/objectives/command/command.ts';
import {
  containerArguments,
  engineEnvironment,
} from '../../../src/objectives/command/attempt/container.ts';
import { Guardian } from '../../../src/objectives/command/attempt/guardian.ts';
import { isPermitted, permit } from '../../../src/objectives/command/permission.ts';
import { CommandPlace, shell } from '../../support/command-attempt.ts';
import { CARD } from '../../support/fake-card.ts';
import { skipIf } from '../../support/platform.ts';
import { gone } from '../../support/worker-command.ts';

/**
 * A container is a process of another session, as of an engine's service, with a file of its name.
 */
const ENGINE = `#!/bin/sh
FAKE_ENGINE=$(dirname "$0")
printf '%s\\0' "$@" > "$FAKE_ENGINE/args-$1"
state="$FAKE_ENGINE/containers"
case $1 in
  run)
    shift
    while :; do
      case $1 in
        --name) name=$2; shift 2 ;;
        --rm|--init|--userns=*) shift ;;
        --*) shift 2 ;;
        *) break ;;
      esac
    done
    shift
    setsid "$@" & pid=$!
    echo $pid > "$state/$name"
    trap 'kill -TERM $pid' TERM
    wait $pid; code=$?
    while kill -0 $pid 2>/dev/null; do wait $pid; code=$?; done
    rm -f "$state/$name"
    exit $code ;;
  exec)
    shift
    while :; do
      case $1 in
        --nv|--cleanenv) shift ;;
        --*) shift 2 ;;
        *) break ;;
      esac
    done
    shift
    exec "$@" ;;
  rm) [ -f "$state/$3" ] && { kill -KILL -"$(cat "$state/$3")"; rm -f "$state/$3"; } ;;
  pause) kill -STOP -"$(cat "$state/$2")" ;;
  kill) [ -f "$state/$4" ] && kill -TERM -"$(cat "$state/$4")" ;;
  unpause) kill -CONT -"$(cat "$state/$2")" ;;
esac
`;

const VALUE = { result: { stdout: 'value=(.*)' } };
const unfit = process.platform === 'linux' ? null : 'the engine is a script with setsid';

let place: CommandPlace;
let engines: string;
const before = { ...process.env };
beforeEach((context) => {
  skipIf(unfit, context);
  place = new CommandPlace({ device: 'gpu' });
  engines = join(place.userFolder, '..', "engine's é");
  mkdirSync(join(engines, 'containers'), { recursive: true });
  for (const name of ['docker', 'podman', 'apptainer']) {
    writeFileSync(join(engines, name), ENGINE);
    chmodSync(join(engines, name), 0o755);
  }
  process.env['PATH'] = [engines, process.env['PATH'] ?? ''].join(delimiter);
  process.env['DOCKER_HOST'] = 'unix:///nowhere';
  process.env['CUDA_VISIBLE_DEVICES'] = CARD;
});
afterEach(() => {
  for (const name of ['PATH', 'DOCKER_HOST', 'CUDA_VISIBLE_DEVICES'])
    if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = before[name];
  place.remove();
});

type Engine = 'docker' | 'podman' | 'apptainer';

const about = (engine: Engine, script: string, more: object = {}) => ({
  command: shell(script),
  container: { image: 'pytorch:2', engine },
  env: { FAKE_ENGINE: engines, EXTRA: 'a "b"' },
  ...VALUE,
  ...more,
});

/** Arguments of the engine's latest command of this name. */
const told = (name: string): string[] =>
  readFileSync(join(engines, `args-${name}`), 'utf8')
    .split('\0')
    .slice(0, -1);

const containers = (): string[] => readdirSync(join(engines, 'containers'));

const after = (args: readonly string[], option: string): string[] =>
  args.flatMap((each, i) => (each === option ? [args[i + 1] ?? ''] : []));

describe('Containers: the command line of an engine', () => {
  it.each(['docker', 'podman'] as const)(
    'mounts, names and tells a trial by %s',
    async (engine) => {
      const script = 'echo "in $EXTRA $GALAPAGOS_TRIAL"; echo value=$GALAPAGOS_PARAM_x';
      const { ended } = place.start(about(engine, script), { x: 0.5 }, 12);
      expect(await ended).toMatchObject({ outcome: 'succeeded', value: 0.5 });
      expect(place.output(12)).toContain('in a "b" 12');
      const args = told('run');
      expect(args.slice(0, 3)).toEqual(['run', '--rm', '--init']);
      expect(after(args, '--name')[0]).toMatch(/^galapagos-c0ffee-12-1-\d+$/);
      expect(after(args, '--workdir')).toEqual([place.project]);
      const { uid, gid } = userInfo();
      expect(after(args, '--user')).toEqual([`${uid}:${gid}`]);
      expect(args.includes('--userns=keep-id')).toBe(engine === 'podman' && uid !== 0);
      const gpu =
        engine === 'docker' ? ['--gpus', `device=${CARD}`] : ['--device', `nvidia.com/gpu=${CARD}`];
      expect(after(args, gpu[0] ?? '')).toEqual([gpu[1]]);
      const mounted = after(args, '--mount');
      expect(mounted).toContain(`type=bind,source=${place.project},target=${place.project}`);
      expect(mounted).toHaveLength(3);
      expect(mounted.join()).toContain('/checkpoints/c0ffee/12,');
      const variables = after(args, '--env');
      expect(variables).toEqual(
        expect.arrayContaining(['EXTRA', 'GALAPAGOS_PARAMS', 'OMP_NUM_THREADS']),
      );
      // The engine would follow these itself.
      for (const name of ['HOME', 'TMPDIR'])
        expect(variables.filter((each) => each.startsWith(`${name}=`))).toHaveLength(1);
      // What describes this machine, and values, stay outside.
      expect(variables.filter((each) => /^(PATH|VIRTUAL_ENV|LD_LIBRARY_PATH)/.test(each))).toEqual(
        [],
      );
      expect(variables.join()).not.toContain('a "b"');
      expect(args.slice(args.indexOf('pytorch:2') + 1, -1)).toEqual(['sh', '-c']);
      expect(containers()).toEqual([]);
    },
  );

  it('mounts the copy of the configuration file', async () => {
    writeFileSync(join(place.project, 'c.yaml'), 'x: 0.25\n');
    const { command: script, ...rest } = about('docker', 'echo "$1"; sed "s/x: /value=/" "$1"');
    const configured = {
      ...rest,
      command: [...script, 'sh', '{config}'],
      config: { file: 'c.yaml' },
    };
    expect(await place.start(configured, { x: 0.5 }).ended).toMatchObject({ value: 0.5 });
    const [path = ''] = place.output().split('\n');
    expect(path).toMatch(/config.c\.yaml$/);
    const folders = after(told('run'), '--mount').map((each) => /source=([^,]*)/.exec(each)?.[1]);
    expect(folders.filter((folder) => path.startsWith(folder ?? 'none'))).toHaveLength(1);
  });

  it('keeps the ids of a user other than root, for whom podman has no such option', () => {
    const userns = (uid: number): boolean =>
      containerArguments(
        { image: 'i', engine: 'podman' },
        {
          ...{ command: ['true'], name: 'n', folder: '/p', folders: [], temporaryDir: '/t' },
          ...{ env: {}, added: [], user: { uid, gid: uid }, gpu: null },
        },
      ).args.includes('--userns=keep-id');
    expect([userns(1000), userns(0)]).toEqual([true, false]);
  });

  it('is apptainer’s own, whose programs belong to the group of the attempt', async () => {
    expect(await place.start(about('apptainer', 'echo value=1'), {}, 3).ended).toMatchObject({
      outcome: 'succeeded',
    });
    const args = told('exec');
    expect(args.slice(0, 3)).toEqual(['exec', '--cleanenv', '--nv']);
    expect(after(args, '--pwd')).toEqual([place.project]);
    expect(after(args, '--home')).toEqual([expect.stringMatching(/\/tmp$/)]);
    expect(args).toContain('pytorch:2');
  });

  it('has the variables by which all commands of the engine find one service', () => {
    const own = {
      DOCKER_HOST: 'unix:///a',
      XDG_RUNTIME_DIR: '/run/user/1',
      XDG_DATA_HOME: '/data',
      CONTAINERS_CONF: '/b',
      APPTAINER_CACHEDIR: '/c',
      TMPDIR: '/d',
    };
    expect(engineEnvironment({ ...own, SECRET: 'x', APPTAINERENV_A: 'x' })).toEqual(own);
    // Variables of the study are for the program, not for the engine.
    const told = { TMPDIR: '/t', DOCKER_HOST: 'tcp://c', EXTRA: 'e' };
    const parts = {
      ...{ command: ['true'], name: 'n', folder: '/p', folders: [], temporaryDir: '/t' },
      ...{ env: told, added: Object.keys(told), user: null, gpu: null },
    };
    const docker = containerArguments({ image: 'i', engine: 'docker' }, parts);
    expect(docker.env).toEqual({ EXTRA: 'e' });
    expect(after(docker.args, '--env').slice(1)).toEqual([
      'TMPDIR=/t',
      'DOCKER_HOST=tcp://c',
      'EXTRA',
    ]);
    // A shell would evaluate the values.
    expect(containerArguments({ image: 'i', engine: 'apptainer' }, parts).env).toEqual({
      APPTAINER_NO_EVAL: '1',
      ...Object.fromEntries(Object.entries(told).map(([k, v]) => [`APPTAINERENV_${k}`, v])),
    });
  });

  it('has no GPU for trials that use none', async () => {
    await place.start(about('docker', 'echo value=1', { resources: { gpus: 0 } })).ended;
    expect(after(told('run'), '--gpus')).toEqual([]);
  });

  it('fails with the engine’s own words', async () => {
    writeFileSync(join(engines, 'docker'), '#!/bin/sh\necho "no such image" >&2; exit 125\n');
    expect(await place.start(about('docker', 'true')).ended).toMatchObject({
      outcome: 'crashed',
      error: expect.stringMatching(/exit status 125: no such image/) as string,
    });
  });
});

describe('Containers: their end', () => {
  const waits = (trap: string) =>
    `${trap}; echo '{"step": 0, "value": 1}' >> "$GALAPAGOS_REPORTS"; while :; do sleep 1; done`;

  it('is polite, with the time of grace', async () => {
    const script = waits(`trap 'echo polite; exit 0' TERM`);
    const started = place.start(about('docker', script));
    await started.reported(0);
    started.stop.abort('cancelled');
    expect(await started.ended).toMatchObject({ outcome: 'cancelled' });
    expect(place.output()).toContain('polite');
    expect(containers()).toEqual([]);
  });

  it('is by force where the program ignores the request', async () => {
    const started = place.start(about('podman', waits(`trap '' TERM`), { graceSeconds: 0.05 }));
    await started.reported(0);
    const [name = ''] = containers();
    const pid = Number(readFileSync(join(engines, 'containers', name), 'utf8'));
    started.stop.abort('cancelled');
    await started.ended;
    await gone(pid, 60_000);
    expect(told('rm')).toEqual(['rm', '-f', name]);
    expect(containers()).toEqual([]);
  });

  it('comes with the worker’s, however it went', async () => {
    const runs = join(engines, 'runs');
    mkdirSync(runs);
    const guardian = new Guardian(runs);
    const name = 'galapagos-left';
    const env = { FAKE_ENGINE: engines, PATH: process.env['PATH'] ?? '' };
    process.env['FAKE_ENGINE'] = engines;
    const engine = join(engines, 'docker');
    guardian.launch({
      program: engine,
      args: ['run', '--name', name, 'image', 'sh', '-c', 'while :; do sleep 1; done'],
      folder: engines,
      env,
      container: { engine, name },
    });
    const file = join(engines, 'containers', name);
    while (!existsSync(file) || readFileSync(file, 'utf8') === '')
      await new Promise((resolve) => setImmediate(resolve));
    const pid = Number(readFileSync(file, 'utf8'));
    guardian.close();
    await gone(pid, 60_000);
    // The last that the guardian does.
    await expect.poll(() => existsSync(runs)).toBe(false);
  });
});

describe('Containers: before a study starts', () => {
  it('lists a missing engine and a Python beside a container at once', () => {
    process.env['PATH'] = '/nowhere';
    const objective = place.objective({
      command: ['train'],
      folder: '.',
      python: '.',
      container: { image: 'a', engine: 'podman' },
    });
    const places = { resources: '/', project: place.project };
    expect(command.check(objective, {}, places).map(problemText).slice(-2)).toEqual([
      'objective.container.engine: expected the program "podman", found no program of this name on PATH',
      'objective.python: expected none, because the image of "container" brings its own Python, found .',
    ]);
  });

  it('permits one image only', () => {
    const objective = place.objective(about('docker', 'true'));
    permit(place.userFolder, objective);
    expect(isPermitted(place.userFolder, objective)).toBe(true);
    const other = { ...objective, container: { image: 'evil', engine: 'docker' as const } };
    expect(isPermitted(place.userFolder, other)).toBe(false);
  });
});
