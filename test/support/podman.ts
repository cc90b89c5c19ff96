/**
 * A podman with storage and settings of its own, and an image with a static BusyBox in it that is
 * made here, without a network.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';

/**
 * Settings with which podman may run here: its own, and those for machines that are containers
 * themselves, which can neither raise limits nor make networks.
 */
const NESTED = `default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nnetns = "host"\n`;
const SETTINGS = [
  '',
  `[containers]\n${NESTED}cgroups = "disabled"\n[engine]\nruntime = "crun"\ncgroup_manager = "cgroupfs"\n`,
  `[containers]\n${NESTED}[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n`,
];

/** Programs of the image. */
const APPLETS = ['sh', 'cat', 'id', 'sleep'];

export const IMAGE = 'localhost/galapagos-test:1';

function podman(...args: readonly string[]): { readonly ok: boolean; readonly text: string } {
  const { status, stdout, stderr, error } = spawnSync('podman', args, {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { ok: status === 0, text: error === undefined ? stdout + stderr : error.message };
}

/**
 * Prepares podman, for this process and those that it starts, until its environment is restored.
 * @param folder absolute path of an empty folder
 * @returns why it cannot run a container here; null: it can
 */
export function preparePodman(folder: string): string | null {
  if (process.platform === 'win32') return 'Windows has no podman of its own';
  const image = join(folder, 'image');
  mkdirSync(join(image, 'bin'), { recursive: true });
  const where = spawnSync('sh', ['-c', 'command -v podman >/dev/null && command -v busybox'], {
    encoding: 'utf8',
  });
  if (where.status !== 0) return 'there is no podman, or no busybox for its image';
  copyFileSync(where.stdout.trim(), join(image, 'bin', 'busybox'));
  for (const name of APPLETS) symlinkSync('busybox', join(image, 'bin', name));
  const storage = join(folder, 'storage.conf');
  writeFileSync(
    storage,
    `[storage]\ndriver = "vfs"\ngraphroot = "${folder}/graph"\nrunroot = "${folder}/run"\n`,
  );
  vi.stubEnv('CONTAINERS_STORAGE_CONF', storage);
  const archive = join(folder, 'image.tar');
  spawnSync('tar', ['-C', image, '-cf', archive, '.']);
  let why = '';
  for (const settings of SETTINGS) {
    const file = join(folder, 'containers.conf');
    writeFileSync(file, settings);
    vi.stubEnv('CONTAINERS_CONF', settings === '' ? undefined : file);
    const imported = podman('import', archive, IMAGE);
    const ran = imported.ok ? podman('run', '--rm', '--init', IMAGE, 'sh', '-c', 'true') : imported;
    if (ran.ok) return null;
    why = ran.text.trim().split('\n').at(-1) ?? '';
  }
  return `podman cannot run a container here: ${why}`;
}

/** Names of all containers, running or not. */
export function containerNames(): readonly string[] {
  const listed = podman('ps', '--all', '--format', '{{.Names}}');
  if (!listed.ok) throw new Error(listed.text);
  return listed.text
    .trim()
    .split('\n')
    .filter((name) => name !== '');
}

/** Id of the first process of a container, on this machine. */
export function containerPid(name: string): number {
  return Number(podman('inspect', '--format', '{{.State.Pid}}', name).text);
}
