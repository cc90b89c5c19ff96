/**
 * The latest Python and packages of each node and study, in `packages.json`, for commands beside
 * the host. Outlasts the process that shares the lab.
 */
import { z } from 'zod';
import { strict } from '../../protocol/problems.ts';
import { pythonPackages } from '../../protocol/python-packages.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'packages.json';
/** Answers that are kept. */
const MOST = 1000;

const answer = strict({
  /** Id of the node. */
  node: z.string(),
  /** Name of the study. */
  study: z.string(),
  found: pythonPackages,
});
export type PackagesAnswer = Readonly<z.output<typeof answer>>;

const schema = strict({ answers: z.array(answer) });

/** The latest last. */
export function readPackages(folder: LanFolder): readonly PackagesAnswer[] {
  return folder.read(FILE, schema)?.answers ?? [];
}

/** Keeps the answer instead of an earlier one of this node and study. */
export function notePackages(folder: LanFolder, added: PackagesAnswer): void {
  folder.exclusively(() => {
    const others = readPackages(folder).filter(
      ({ node, study }) => node !== added.node || study !== added.study,
    );
    folder.write(FILE, { answers: [...others, added].slice(-MOST) });
  });
}
