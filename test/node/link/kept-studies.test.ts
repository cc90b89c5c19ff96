import { describe, expect, it } from 'vitest';
import { KeptStudies } from '../../../src/node/link/kept-studies.ts';
import { MOST_STUDIES } from '../../../src/protocol/node-messages.ts';
import type { FromNode } from '../../../src/protocol/node-messages.ts';
import { study } from '../../support/worker-message-examples.ts';

/** Kept studies that record what is done; `unneeded` rejects with `failure` if there is one. */
function keptStudies(kept: (lab: string) => Promise<readonly string[]>, failure?: Error) {
  const sent: FromNode[] = [];
  const done: string[] = [];
  const studies = new KeptStudies({
    files: {
      note: (lab, { study: uid }) => done.push(`note ${uid} of ${lab}`),
      kept,
      forget: (lab, gone) => {
        done.push(`delete ${gone.join()} of ${lab}`);
        return Promise.resolve(['code']);
      },
    },
    host: { send: (message) => sent.push(message) },
    unneeded: (contents) => {
      done.push(`remove ${contents.join()}`);
      return failure === undefined ? Promise.resolve() : Promise.reject(failure);
    },
    warn: (text) => done.push(`warn: ${text}`),
  });
  return { studies, sent, done };
}

const none = (): Promise<readonly string[]> => Promise.resolve([]);

describe('KeptStudies', () => {
  it('notes studies for the lab of the last link, and none before a link', async () => {
    const { studies, done } = keptStudies(none);
    studies.sent(study);
    await studies.welcomed('desk');
    studies.sent(study);
    expect(done).toEqual([`note ${study.study} of desk`]);
  });

  it('asks nothing of a host of an earlier release, which does not name its lab', async () => {
    const { studies, sent, done } = keptStudies(() => Promise.resolve(['a']));
    await studies.welcomed('desk');
    await studies.welcomed(null);
    studies.sent(study);
    expect(sent).toHaveLength(1);
    expect(done).toEqual([]);
  });

  it('names at most as many studies in a message as the host reads', async () => {
    const uids = Array.from({ length: MOST_STUDIES + 1 }, (_, i) => `study-${i}`);
    const { studies, sent } = keptStudies(() => Promise.resolve(uids));
    await studies.welcomed('desk');
    expect(sent).toEqual([
      { type: 'keeps', labId: 'desk', studies: uids.slice(0, MOST_STUDIES) },
      { type: 'keeps', labId: 'desk', studies: uids.slice(MOST_STUDIES) },
    ]);
  });

  it('does not name studies of one lab to another that welcomed the node meanwhile', async () => {
    let found: (uids: readonly string[]) => void = () => undefined;
    const { studies, sent } = keptStudies((lab) =>
      lab === 'desk' ? new Promise((resolve) => (found = resolve)) : Promise.resolve(['b']),
    );
    const first = studies.welcomed('desk');
    await studies.welcomed('office');
    found(['a']);
    await first;
    expect(sent).toEqual([{ type: 'keeps', labId: 'office', studies: ['b'] }]);
  });

  it('deletes files of studies that the lab of the link no longer has, and their code', async () => {
    const { studies, done } = keptStudies(none);
    await studies.welcomed('desk');
    await studies.forget('office', ['a']);
    await studies.forget('desk', ['a', 'b']);
    expect(done).toEqual(['delete a,b of desk', 'remove code']);
  });

  it('reports code that cannot be removed', async () => {
    const { studies, done } = keptStudies(none, new Error('busy'));
    await studies.welcomed('desk');
    await studies.forget('desk', ['a']);
    expect(done.at(-1)).toBe('warn: cannot delete code of removed studies: Error: busy');
  });
});
