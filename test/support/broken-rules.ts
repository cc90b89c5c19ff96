/** Rules that are tested twice: they hold, and their scenario fails once the rule is broken. */
import { expect, it } from 'vitest';
import type { Mutant } from './mutants.ts';

/** @template Subject under test: a scheduler, or the class of a worker */
export interface BrokenRule<Subject> {
  readonly rule: string;
  /** The change of the source that breaks it. */
  readonly broken: Mutant;
  readonly scenario: (subject: Subject) => void;
}

/**
 * Registers two tests for each rule.
 * @param whole the subject as it is
 * @param load returns the subject with one rule broken; its name is for the module's address
 */
export function testRules<Subject>(
  rules: readonly BrokenRule<Subject>[],
  whole: Subject,
  load: (name: string, broken: Mutant) => Promise<Subject>,
): void {
  for (const { rule, broken, scenario } of rules) {
    it(rule, () => scenario(whole));
    it(`${rule} (and the test fails when the rule is broken)`, async () => {
      const subject = await load(`rule ${rule}`, broken);
      expect(() => scenario(subject)).toThrow();
    });
  }
}
