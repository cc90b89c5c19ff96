/** Opens a lab file for one change, with its lock and a scheduler, but without workers. */
import { resolve } from 'node:path';
import type { Coordinator as Deciding } from '../../coordinator/coordinator.ts';
import { GalapagosError } from '../../core/errors.ts';
import { knownStudy } from '../../documents/lab-output.ts';
import type { StudySummary } from '../../storage/lab-reader.ts';
import { withLab } from '../options/lab-command.ts';
import type { Context } from '../process/context.ts';

/** A study before the change. */
export type ChangedStudy = StudySummary & { readonly uid: string };

/**
 * Makes one change to a study.
 * @param change receives the names of all studies of the file
 * @returns the study after the change; null: it was removed
 * @throws StorageError `held` where another process writes the lab; GalapagosError `unknown-study`,
 *   `foreign-study`
 */
export async function changeStudy(
  context: Context,
  lab: string,
  named: string,
  change: (
    coordinator: Deciding,
    study: ChangedStudy,
    names: ReadonlySet<string>,
  ) => Promise<void> | void,
): Promise<StudySummary | null> {
  const { study, names } = await withLab(context, lab, (reader) => ({
    study: knownStudy(reader, named, lab),
    names: new Set(reader.names().map(({ name }) => name)),
  }));
  const { uid } = study;
  if (uid === null) {
    throw new GalapagosError(
      'foreign-study',
      `${study.name} is a study of Optuna: only Optuna can change it`,
      { found: study.name },
    );
  }
  const file = resolve(context.streams.cwd, lab);
  await withCoordinator(file, (coordinator) => change(coordinator, { ...study, uid }, names));
  return withLab(context, lab, (reader) => reader.study(uid));
}

async function withCoordinator(
  file: string,
  use: (coordinator: Deciding) => Promise<void> | void,
): Promise<void> {
  // Loaded on demand: loading the native library would slow down every other command.
  const [{ openLab }, { Coordinator }, { InProcessCoordinator }, { systemClock }] =
    await Promise.all([
      import('../../storage/sqlite.ts'),
      import('../../coordinator/coordinator.ts'),
      import('../../transport/in-process.ts'),
      import('../../coordinator/clock.ts'),
    ]);
  const storage = openLab(file, { create: false });
  try {
    let failure: Error | null = null as Error | null;
    const fail = (error: Error): void => {
      failure ??= error;
    };
    const coordinator = await Coordinator.open({
      storage,
      transport: new InProcessCoordinator(),
      clock: systemClock(),
      host: { spawn: () => undefined, kill: () => undefined },
      listener: {
        show: () => undefined,
        showLab: (change) => {
          if (change.kind === 'storageStalled') fail(new GalapagosError('io', change.error));
        },
        finished: () => undefined,
        fatal: fail,
      },
    });
    await use(coordinator);
    await coordinator.close();
    if (failure !== null) throw failure;
  } finally {
    storage.close();
  }
}
