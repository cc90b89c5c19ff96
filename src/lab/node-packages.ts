/**
 * How the Python and packages of nodes differ from those of this machine, for the studies whose
 * programs both run. Shown only; it decides nothing about trials.
 */
import type { StudySpec } from '../core/study/study-spec.ts';
import { packageDifferences } from '../objectives/command/python/package-differences.ts';
import type { PackageDifference } from '../objectives/command/python/package-differences.ts';
import { packagesHere } from '../objectives/command/python/packages.ts';
import { commandObjective } from '../protocol/command-objective.ts';
import type { PythonPackages } from '../protocol/python-packages.ts';
import type { NodeRow } from '../protocol/window/nodes.ts';

type Objective = StudySpec['objective'];
type NamedStudy = Pick<StudySpec, 'name' | 'objective'>;

/** Milliseconds for which an answer of this machine's Python counts: several nodes link at once. */
const FRESH_MS = 60_000;

interface Known {
  readonly here: Promise<PythonPackages | null>;
  readonly askedAt: number;
  /** By node; nodes without differences are absent. */
  readonly differences: Map<string, readonly PackageDifference[]>;
}

export interface NodePackagesParts {
  /** Asks this machine's Python; null: the study runs none, or it does not answer. */
  readonly here?: (objective: Objective) => Promise<PythonPackages | null>;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** Told how a node differs, if it does, or no longer does. */
  readonly changed: (
    node: string,
    study: NamedStudy,
    differences: readonly PackageDifference[],
  ) => void;
}

export class NodePackages {
  readonly #here: (objective: Objective) => Promise<PythonPackages | null>;
  readonly #now: () => number;
  readonly #changed: NodePackagesParts['changed'];
  /** An edit or a new name of a study leaves its objective as it is. */
  readonly #known = new WeakMap<Objective, Known>();
  /** Nodes that have differed, so that others cost nothing. */
  readonly #differing = new Set<string>();

  constructor({ here = askHere, now = () => performance.now(), changed }: NodePackagesParts) {
    this.#here = here;
    this.#now = now;
    this.#changed = changed;
  }

  /** Compares what a node has said, after each link. Never rejects. */
  async answered(node: string, study: NamedStudy, there: PythonPackages): Promise<void> {
    const known = this.#fresh(study.objective);
    const here = await known.here;
    const found = here === null ? [] : packageDifferences(there, here);
    const had = known.differences.delete(node);
    if (found.length > 0) {
      known.differences.set(node, found);
      this.#differing.add(node);
    }
    if (had || found.length > 0) this.#changed(node, study, found);
  }

  /** Differences of a node for each of the studies. */
  of(node: string, studies: () => Iterable<NamedStudy>): NodeRow['packages'] {
    if (!this.#differing.has(node)) return [];
    return [...studies()].flatMap(({ name: study, objective }) => {
      const found = this.#known.get(objective)?.differences.get(node) ?? [];
      return found.length === 0 ? [] : [{ study, differences: [...found] }];
    });
  }

  #fresh(objective: Objective): Known {
    const known = this.#known.get(objective);
    const now = this.#now();
    if (known !== undefined && now - known.askedAt < FRESH_MS) return known;
    const here = this.#here(objective).catch(() => null);
    const fresh = { here, askedAt: now, differences: known?.differences ?? new Map() };
    this.#known.set(objective, fresh);
    return fresh;
  }
}

function askHere(objective: Objective): Promise<PythonPackages | null> {
  const program = commandObjective.safeParse(objective);
  return program.success ? packagesHere(program.data, process.env) : Promise.resolve(null);
}
