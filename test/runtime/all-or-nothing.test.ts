import { describe, expect, it } from 'vitest';
import { allOrNothing } from '../../src/runtime/all-or-nothing.ts';

describe('Start: undoing', () => {
  it('undoes the steps before the one that failed, the last first, and throws its error', async () => {
    const undone: string[] = [];
    const start = allOrNothing(async (onFailure) => {
      onFailure(() => undone.push('file'));
      onFailure(async () => {
        await Promise.resolve();
        undone.push('socket');
      });
      await Promise.resolve();
      throw new Error('no workers');
    });
    await expect(start).rejects.toThrow('no workers');
    expect(undone).toEqual(['socket', 'file']);
  });

  it('undoes the other steps when undoing one fails', async () => {
    const undone: string[] = [];
    const start = allOrNothing((onFailure) => {
      onFailure(() => undone.push('file'));
      onFailure(() => {
        throw new Error('the socket does not close');
      });
      throw new Error('no workers');
    });
    await expect(start).rejects.toThrow('no workers');
    expect(undone).toEqual(['file']);
  });

  it('undoes nothing when all steps succeed', async () => {
    const undone: string[] = [];
    const started = allOrNothing((onFailure) => {
      onFailure(() => undone.push('file'));
      return Promise.resolve('lab');
    });
    expect(await started).toBe('lab');
    expect(undone).toEqual([]);
  });
});
