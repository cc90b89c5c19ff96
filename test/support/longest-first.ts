/**
 * An order of test files: those that take minutes first, because a file that starts last runs while
 * the other cores are idle. Vitest starts the files of greatest size first, and the longest tests
 * are among the shortest texts.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files of minutes, in the order in which they start. Files that mostly wait are apart from each
 * other, so that the others use the cores meanwhile.
 */
const FIRST = [
  'test/training/webgpu/pytorch.test.ts',
  'test/training/webgpu/chip-contract.test.ts',
  'test/lab/namespaces/chaos.test.ts',
  'test/training/webgpu/contract.test.ts',
  'test/lab/namespaces/long-cut.test.ts',
  'test/e2e/kill.test.ts',
  'test/storage/kill.test.ts',
  'test/lab/namespaces/quiet-link.test.ts',
  'test/worker/command.test.ts',
  'test/e2e/second-programs.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => place(a) - place(b));
  }
}

/** Place among the first files; the others, and those that share a process, keep their order. */
function place({ moduleId, project }: TestSpecification): number {
  if (!project.config.isolate) return FIRST.length;
  const found = FIRST.findIndex((file) => moduleId.endsWith(`/${file}`));
  return found < 0 ? FIRST.length : found;
}
