/** Every objective kind, one entry each. */
import type { StudyFile } from '../protocol/study-file.ts';
import { command } from './command/command.ts';
import type { ObjectiveKind } from './objective-kind.ts';
import { synthetic } from './synthetic.ts';
import { train } from './train.ts';

type Parsed = StudyFile['objective'];

/** A kind that has a schema and no entry here does not compile. */
const kinds: { readonly [Kind in Parsed['kind']]: ObjectiveKind<Extract<Parsed, { kind: Kind }>> } =
  { train, command, synthetic };

const byName: ReadonlyMap<unknown, ObjectiveKind> = new Map(Object.entries(kinds));

/** Names of all kinds, in alphabetical order. */
export function objectiveKindNames(): readonly string[] {
  return Object.keys(kinds).sort();
}

/** The kind of this name; undefined: another release, or another program, wrote the objective. */
export function objectiveKind(name: unknown): ObjectiveKind | undefined {
  return byName.get(name);
}
