/**
 * Estimates how long a study takes: measures it on one device of each kind that takes part, in a
 * child process, and caches the measurements.
 */
import { isSelected } from '../../core/device.ts';
import { GalapagosError, InvalidInput } from '../../core/errors.ts';
import { CPU_PIN } from '../../node/devices/pin.ts';
import type { StartableDevice } from '../../node/devices/pin.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { meaningProblems } from '../../protocol/study-file.ts';
import type { StudyFile } from '../../protocol/study-file.ts';
import { availableCores } from '../../runtime/confinement.ts';
import { estimateDuration, estimateTraining } from '../../studies/estimate-study.ts';
import type { Measured } from '../../studies/estimate-study.ts';
import { measureInProcess } from '../../studies/measure-in-process.ts';
import type { Stop } from '../../studies/measure-in-process.ts';
import { objectiveCheck } from '../../objectives/objective-check.ts';
import { cpuWorkers } from '../../studies/worker-count.ts';
import { canonicalJson } from '../../training/plan/hash.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';

/** Greatest number of cached measurements; the oldest is dropped first. */
const MOST_KEPT = 64;

/** A device that takes part; null: the processor. */
interface Participant {
  readonly card: StartableDevice | null;
  readonly workers: number;
}

type Kept = Omit<Measured, 'workers'>;

export function estimateCalls(deps: CallDeps): Pick<CallHandlers, 'estimate'> {
  const { resources, userFolder, worker } = deps;
  const kept = new Map<string, Kept>();

  const measure = async (
    { objective, searchSpace: space }: StudyFile,
    card: StartableDevice | null,
    signal: Stop,
  ): Promise<Kept> => {
    const device = card?.device ?? null;
    // The duration of a trial depends on these only, so another budget or number of workers is
    // answered at once.
    const key = canonicalJson({ objective, space, device: device?.id ?? null });
    const found = kept.get(key);
    if (found !== undefined) return found;
    const request = { objective, space, userFolder, device };
    const study = await measureInProcess(request, signal, card ?? CPU_PIN, worker);
    const measured = { study, at: Date.now() };
    kept.set(key, measured);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return measured;
  };

  return {
    estimate: async ({ study, workers }, { signal }) => {
      const problems = meaningProblems(study, objectiveCheck({ resources, userFolder }));
      if (problems.length > 0) throw new InvalidInput('study', problems);
      const together = workers ?? workersOf(deps);
      const duration = objectiveKind(study.objective.kind)?.duration(study.objective) ?? null;
      if (duration !== null) return estimateDuration(study, together, duration, Date.now());
      const measured: Measured[] = [];
      const unmeasured: { readonly device: string; readonly reason: string }[] = [];
      let failure: unknown = new GalapagosError(
        'not-trainable',
        'none of the selected devices can train this network here',
      );
      for (const { card, workers: count } of participants(study, together, deps.cards())) {
        try {
          measured.push({ ...(await measure(study, card, signal)), workers: count });
        } catch (error) {
          if (signal.aborted) throw error;
          failure = error;
          const reason = error instanceof Error ? error.message : String(error);
          unmeasured.push({ device: card?.device.id ?? 'cpu', reason });
        }
      }
      if (measured.length === 0) throw failure;
      return { ...estimateTraining(study, measured), unmeasured };
    },
  };
}

/** Devices that evaluate trials of the study, the processor first. */
function participants(
  { objective, devices }: StudyFile,
  cpus: number,
  cards: readonly StartableDevice[],
): readonly Participant[] {
  const kind = objectiveKind(objective.kind);
  const onCpu = cpus > 0 && kind?.runsOn(objective, 'cpu') === true && isSelected(devices, 'cpu');
  const used =
    kind?.runsOn(objective, 'gpu') === true
      ? cards.filter(({ device }) => isSelected(devices, device.id))
      : [];
  return [
    ...(onCpu ? [{ card: null, workers: cpus }] : []),
    ...used.map((card) => ({ card, workers: 1 })),
  ];
}

/** Number of CPU workers of the open lab; if it has no workers yet, of this machine. */
function workersOf(deps: CallDeps): number {
  const lab = deps.lab();
  return lab === null || lab.lab.slots.size === 0
    ? Math.max(1, availableCores() - deps.cards().length)
    : cpuWorkers(lab.lab);
}
