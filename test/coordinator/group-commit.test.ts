/**
 * Tests commits to failing storage: nothing is sent, retries become less frequent, and permanent
 * errors are thrown.
 */
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../src/coordinator/group-commit.ts';
import { TransactionalOutbox } from '../../src/coordinator/transactional-outbox.ts';
import type { Instruction, Write } from '../../src/core/scheduling/index.ts';
import { StorageError } from '../../src/storage/errors.ts';
import type { Committed, LabStorage } from '../../src/storage/storage.ts';

const write: Write = { op: 'activeMs', uid: 'study', activeMs: 1 };
const shown: Instruction = { do: 'finishStudy', study: 'study', reason: '' };

function parts(commit: () => Committed): {
  commits: GroupCommit;
  outbox: TransactionalOutbox;
  left: Instruction[];
} {
  const left: Instruction[] = [];
  const outbox = new TransactionalOutbox((instruction) => void left.push(instruction));
  const storage: LabStorage = {
    epoch: 1,
    lab: { uid: 'lab', studies: [] },
    commit,
    verify: () => undefined,
    holds: () => true,
    enqueuedElsewhere: () => null,
    refuseEnqueued: () => undefined,
    editRequests: () => [],
    refuseEdit: () => undefined,
    close: () => undefined,
  };
  return { commits: new GroupCommit(storage, outbox), outbox, left };
}

describe('Group commit', () => {
  it('writes several steps at once, then opens the outbox', () => {
    const batches: number[] = [];
    const { commits, outbox, left } = parts(() => {
      batches.push(outbox.uncommitted.length);
      return { endedElsewhere: [] };
    });
    outbox.add([{ do: 'persist', writes: [write] }, shown]);
    outbox.add([{ do: 'persist', writes: [write] }]);
    commits.commit(0);
    outbox.release();
    expect(batches).toEqual([2]);
    expect(left).toEqual([shown]);
  });

  it('reports once that storage stalled, retries after 1, 2, 4 … 30 s, and reports once that it works again', () => {
    let broken = true;
    const tries: number[] = [];
    let now = 0;
    const { commits, outbox, left } = parts(() => {
      tries.push(now);
      if (broken) throw new StorageError('disk-full', 'lab.db', 'the disk is full');
      return { endedElsewhere: [] };
    });
    outbox.add([{ do: 'persist', writes: [write] }, shown]);
    expect(commits.commit(now).change).toEqual({ stalled: 'the disk is full' });
    for (now = 100; now <= 100_000; now += 100) expect(commits.commit(now).change).toBeNull();
    expect(tries).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
    outbox.release();
    expect(left).toEqual([]);
    broken = false;
    now = 200_000;
    expect(commits.commit(now).change).toBe('back');
    outbox.release();
    expect(left).toEqual([shown]);
    expect(commits.retryAt).toBeNull();
  });

  it('throws errors that no retry can fix', () => {
    const { commits, outbox } = parts(() => {
      throw new StorageError('fenced', 'lab.db', 'another process took over this lab');
    });
    outbox.add([{ do: 'persist', writes: [write] }]);
    expect(() => commits.commit(0)).toThrow('another process took over');
  });

  it('does not show the end of a trial that another program had ended', () => {
    const { commits, outbox, left } = parts(() => ({
      endedElsewhere: [{ study: 'study', number: 3, state: 'complete', value: 1 }],
    }));
    const end = (number: number): Instruction => ({
      do: 'show',
      study: 'study',
      change: {
        kind: 'trialEnded',
        number,
        state: 'complete',
        outcome: 'succeeded',
        value: 0,
        finishSeq: number,
        params: new Float64Array(),
        origin: { operator: 'uniform', parents: [], generation: 0 },
        attempt: null,
        slot: null,
        result: null,
        isBest: false,
      },
    });
    outbox.add([{ do: 'persist', writes: [write] }, end(3), end(4)]);
    expect(commits.commit(0).endedElsewhere).toHaveLength(1);
    outbox.release();
    expect(left).toEqual([end(4)]);
  });
});
