/**
 * Entry of the process that measures a study. A separate process is used because executors may be
 * native code and a measurement takes seconds.
 */
import type { ErrorCode } from '../../core/error-codes.ts';
import { join } from 'node:path';
import { z } from 'zod';
import { GalapagosError } from '../../core/errors.ts';
import type { SearchSpace } from '../../core/search-space/distribution.ts';
import { catalogueIn } from '../../datasets/catalogue.ts';
import { startWatchdog } from '../../runtime/watchdog.ts';
import type { TrainObjective } from '../objective/objective.ts';
import { TrainingError } from '../training-error.ts';
import { measureStudy, type MeasuredStudy } from './measure-study.ts';

const asked = z.strictObject({
  objective: z.record(z.string(), z.unknown()),
  space: z.record(z.string(), z.unknown()),
  userFolder: z.string(),
  /** Null: the processor. */
  device: z
    .strictObject({
      id: z.string(),
      kind: z.enum(['cpu', 'gpu']),
      name: z.string(),
      lanes: z.int().min(1),
      memoryBytes: z.number(),
    })
    .nullable(),
});

export type MeasureRequest = z.infer<typeof asked>;

export type MeasureAnswer =
  | { readonly type: 'measured'; readonly study: MeasuredStudy }
  /** `code`: reason why the objective cannot be trained here; null: an internal error. */
  | { readonly type: 'failed'; readonly code: ErrorCode | null; readonly message: string };

startWatchdog({ name: 'galapagos estimate' });
/** The process that asked has ended, so the result is not needed. */
process.on('disconnect', () => process.exit(0));

process.once('message', (message) => {
  void answered(message).then((answer) => process.send?.(answer, () => process.exit(0)));
});

async function answered(message: unknown): Promise<MeasureAnswer> {
  try {
    const { objective, space, userFolder, device } = asked.parse(message);
    const study = await measureStudy(
      objective as unknown as TrainObjective,
      space as unknown as SearchSpace,
      {
        datasets: catalogueIn(userFolder),
        calibrations: join(userFolder, 'calibrations'),
        ...(device === null ? {} : { device }),
      },
    );
    return { type: 'measured', study };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return {
      type: 'failed',
      code:
        error instanceof TrainingError
          ? 'not-trainable'
          : error instanceof GalapagosError
            ? error.code
            : null,
      message: text,
    };
  }
}
