/**
 * Loads an installation of TensorFlow in a child process, as a worker would: a crash or a missing
 * library becomes the reason why it does not work.
 */
import { execFile } from 'node:child_process';
import { findInstallation } from './installation.ts';

export type TriedInstallation =
  | {
      readonly state: 'works';
      readonly version: string;
      readonly cuda: boolean;
      /** True if TensorFlow finds a graphics card. */
      readonly findsCard: boolean;
    }
  | { readonly state: 'absent' | 'broken'; readonly reason: string };

export interface TryOptions {
  readonly folder: string;
  /** A plain Node. */
  readonly execPath?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;

export function tryInstallation(options: TryOptions): Promise<TriedInstallation> {
  const { folder, execPath = process.execPath, timeoutMs = TIMEOUT_MS } = options;
  const found = findInstallation(folder);
  if ('absent' in found) return Promise.resolve({ state: 'absent', reason: found.absent });
  const { tensorflow: version, cuda } = found.installation;
  const script = `const binding = require(${JSON.stringify(found.binding)}); process.stdout.write(binding.isUsingGpuDevice() ? 'card' : 'processor')`;
  const child = {
    timeout: timeoutMs,
    windowsHide: true,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
  };
  return new Promise((done) => {
    execFile(execPath, ['-e', script], child, (error, stdout, stderr) => {
      const reason = /^\w*Error.*$/m.exec(stderr)?.[0] ?? error?.message ?? '';
      done(
        error === null
          ? { state: 'works', version, cuda, findsCard: stdout === 'card' }
          : { state: 'broken', reason: `${found.binding} does not load: ${reason}` },
      );
    });
  });
}
