/**
 * Tests that after random histories the file and the memory double agree, and that Optuna can read
 * the file.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LabSnapshot } from '../../src/core/scheduling/index.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { checkLab } from '../support/check-lab.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { size } from '../support/effort.ts';
import { endElsewhere } from '../support/foreign-program.ts';
import { history } from '../support/lab-history.ts';
import { UID, spec, whole } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const studies = (lab: LabSnapshot): unknown => whole({ uid: '', studies: lab.studies });

it('Storage: a file and memory never differ over random histories, and the file satisfies every rule of Optuna', async () => {
  const property = fc.asyncProperty(history, async (happenings) => {
    const folder = temporaryFolder();
    const file = folder.file('lab.db');
    let inMemory = memoryLab();
    let inFile = openLab(file, { create: true });
    try {
      for (const happening of [...happenings, { kind: 'reopen' } as const]) {
        if (happening.kind === 'commit') {
          expect(inFile.commit(happening.steps)).toEqual(inMemory.commit(happening.steps));
        } else if (happening.kind === 'endElsewhere') {
          endElsewhere(file, UID, happening.number, happening.state, happening.value);
          inMemory.endElsewhere(UID, happening.number, happening.state, happening.value);
        } else {
          inFile = openLab(file, { create: false, takeOver: true });
          inMemory = memoryLab(inMemory);
          expect(studies(inFile.lab)).toEqual(studies(inMemory.lab));
        }
      }
      expect(checkLab(file, spec.name)).toEqual([]);
    } finally {
      inFile.close();
      await collectGarbage();
      folder.remove();
    }
  });
  await fc.assert(property, { numRuns: size(10, 60), endOnFailure: true });
});
