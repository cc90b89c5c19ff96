/** Facts of studies that the scheduler and the wire need and only objective kinds know. */
import type { CoordinatorParts } from '../coordinator/coordinator.ts';
import { THIS_NODE } from '../core/device.ts';
import type { DeviceKind } from '../core/device.ts';
import { NO_DEMAND } from '../core/demand.ts';
import type { Demand } from '../core/demand.ts';
import type { LabOptions } from '../core/scheduling/index.ts';
import { pausesTrials } from '../core/pruners/create-pruner.ts';
import { trainsInParts } from '../core/samplers/in-parts.ts';
import { axesOf } from '../core/search-space/axis.ts';
import type { Axis } from '../core/search-space/axis.ts';
import { toParams } from '../core/search-space/params.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import type { Catalogue } from '../datasets/catalogue.ts';
import { referenceTo } from '../datasets/content.ts';
import type { CodeReference } from '../objectives/objective-kind.ts';
import { objectiveKind } from '../objectives/registry.ts';

/** Which trials may share a cohort. */
export function shapeKeys(catalogue: Catalogue): NonNullable<LabOptions['shapeKey']> {
  const known = new WeakMap<StudySpec, readonly Axis[]>();
  return (spec, encoded) => {
    const axes = known.get(spec) ?? axesOf(spec.searchSpace);
    known.set(spec, axes);
    const kind = objectiveKind(spec.objective.kind);
    return kind?.shapeKey(spec.objective, toParams(axes, encoded), catalogue) ?? null;
  };
}

/**
 * Kinds of devices that can evaluate a study; of unknown objectives the CPU, which refuses them.
 */
export function devicesOfStudies(): LabOptions['runsOn'] {
  const known = new WeakMap<StudySpec, Map<DeviceKind, boolean>>();
  return (spec, device, node) => {
    if (node !== THIS_NODE && staysHere(spec)) return false;
    const answers = known.get(spec) ?? new Map<DeviceKind, boolean>();
    known.set(spec, answers);
    let answer = answers.get(device);
    if (answer === undefined) {
      answer =
        objectiveKind(spec.objective.kind)?.runsOn(spec.objective, device) ?? device === 'cpu';
      answers.set(device, answer);
    }
    return answer;
  };
}

/** Resources that a trial of a study states to need. */
export function demandsOfStudies(): LabOptions['demandOf'] {
  const known = new WeakMap<StudySpec, Demand>();
  return (spec) => {
    const demand =
      known.get(spec) ?? objectiveKind(spec.objective.kind)?.demand(spec.objective) ?? NO_DEMAND;
    known.set(spec, demand);
    return demand;
  };
}

/**
 * The code that trials of a study run, and its program; null: none that other machines could have.
 */
export function codeOf(objective: StudySpec['objective']): CodeReference | null {
  return objectiveKind(objective.kind)?.code(objective) ?? null;
}

/**
 * As `codeOf`, as nodes are told it: with the modules that a Python script of the study imports.
 */
export function orderedCodeOf(objective: StudySpec['objective']): CodeReference | null {
  const code = codeOf(objective);
  const imports =
    code === null ? null : (objectiveKind(objective.kind)?.imports(objective) ?? null);
  if (code === null || imports === null) return code;
  return { ...code, programs: code.programs.map((program) => ({ ...program, imports })) };
}

/** Metrics that two machines never measure alike. */
export const timingsOf: LabOptions['timingsOf'] = ({ objective }) =>
  objectiveKind(objective.kind)?.timings ?? [];

/**
 * Returns whether only the host can evaluate a study: its objective says so, or its trials go on
 * from checkpoints, which are on the host's disk.
 */
function staysHere({ objective, sampler, pruning }: StudySpec): boolean {
  const goesOn = trainsInParts(sampler) || (pruning !== undefined && pausesTrials(pruning.pruner));
  const here = objectiveKind(objective.kind)?.runsElsewhere === false;
  return goesOn || (here && codeOf(objective) === null);
}

/** The dataset of a study as this machine has it, so that workers refuse another of its name. */
export function datasetReferences(
  catalogue: Catalogue,
): NonNullable<CoordinatorParts['datasetOf']> {
  return (objective) => {
    const name = objectiveKind(objective.kind)?.dataset(objective) ?? null;
    return name === null ? null : referenceTo(catalogue, name);
  };
}
