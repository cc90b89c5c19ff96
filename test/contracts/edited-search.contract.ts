/**
 * Contract of every sampler whose study was edited: earlier trials lie partly outside its search
 * space, and some have not ended.
 */
import { describe, expect, it } from 'vitest';
import { samplerOf, specAfterEdit } from '../../src/core/samplers/after-edit.ts';
import type { Proposal, Sampler, SamplerSpec } from '../../src/core/samplers/sampler.ts';
import { isActive } from '../../src/core/search-space/activity.ts';
import { axesOf } from '../../src/core/search-space/axis.ts';
import type { Params, SearchSpace } from '../../src/core/search-space/distribution.ts';
import { encodeParams, toParams } from '../../src/core/search-space/params.ts';
import type { Only } from '../../src/core/search-space/reduced-space.ts';
import { columnsFor } from '../../src/core/study/columns-for.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import type { TrialColumns } from '../../src/core/study/trial-columns.ts';
import { barrierMet, valueOf, viewFor } from '../support/play-study.ts';

const before: SearchSpace = {
  kind: { type: 'categorical', choices: ['a', 'b', 'c'] },
  rate: { type: 'float', low: 0.01, high: 1, log: true },
  depth: { type: 'int', low: 1, high: 8, when: { kind: ['a', 'b'] } },
  share: { type: 'float', low: 0, high: 1, step: 0.25, when: { kind: ['b'] } },
};

interface Edited {
  readonly space: SearchSpace;
  readonly only?: Only;
  readonly allows: (params: Params) => boolean;
}

const edits: Readonly<Record<string, Edited>> = {
  'a narrower range': {
    space: { ...before, rate: { type: 'float', low: 0.1, high: 0.5, log: true } },
    allows: ({ rate }) => Number(rate) >= 0.1 && Number(rate) <= 0.5,
  },
  'a wider range': {
    space: { ...before, depth: { type: 'int', low: 1, high: 30, when: { kind: ['a', 'b'] } } },
    allows: () => true,
  },
  'a fixed parent': {
    space: before,
    only: { kind: ['b'] },
    allows: ({ kind, share }) => kind === 'b' && share !== undefined,
  },
  'a fixed number and fewer choices': {
    space: before,
    only: { rate: [0.125], kind: ['a', 'c'] },
    allows: ({ rate, kind }) => rate === 0.125 && kind !== 'b',
  },
};

/** Number of the first trial after the edit. */
const FIRST = 26;
const TRIALS = 48;

/** Plays on until `trials` are proposed; each fourth trial ends late. */
function play(
  sampler: Sampler,
  columns: TrialColumns,
  proposals: Proposal[],
  trials: number,
): void {
  const running = proposals.flatMap((_, number) => (columns.hasEnded(number) ? [] : [number]));
  for (;;) {
    while (running.length < 4 && columns.size < trials) {
      const number = columns.size;
      if (!barrierMet(sampler, columns, number)) break;
      const [proposal] = sampler.propose(number, 1, viewFor(sampler, columns, number));
      if (proposal === undefined) return;
      columns.proposed(number, proposal.params, columns.ended, proposal.origin);
      proposals.push(proposal);
      running.push(number);
    }
    if (columns.size >= trials) return;
    const [done] = running.splice(columns.ended % 3 === 0 ? 0 : running.length - 1, 1);
    if (done === undefined) return;
    const failed = done % 7 === 3;
    const value = valueOf(proposals[done]!.params);
    columns.end(done, failed ? 'failed' : 'complete', failed ? 'crashed' : 'succeeded', value);
  }
}

interface Played {
  readonly spec: StudySpec;
  readonly columns: TrialColumns;
  readonly proposals: readonly Proposal[];
}

/** Plays a study whose search is edited at trial `FIRST`. */
function playEdited(sampler: SamplerSpec, { space, only }: Edited, swapped = sampler): Played {
  const original: StudySpec = {
    ...{ name: 'edited', objective: { kind: 'none' } },
    ...{ sampler: swapped, searchSpace: before, direction: 'minimize', seed: 9 },
  };
  const first = samplerOf(original);
  const columns = columnsFor(original, first);
  const proposals: Proposal[] = [];
  play(first, columns, proposals, FIRST);
  const limits = only === undefined ? {} : { only };
  const search = { searchSpace: space, ...limits, sampler };
  const { spec } = specAfterEdit(original, search, { columns, date: 0 });
  play(samplerOf(spec), columns, proposals, TRIALS);
  return { spec, columns, proposals };
}

/** @param spec sampler that is valid on every space */
export function describeEditedSampler(spec: SamplerSpec): void {
  describe(`Sampler ${spec.name}: after an edit of the search`, () => {
    for (const [name, edit] of Object.entries(edits)) {
      // Played once, because a model of many trials takes long.
      let once: Played | null = null;
      const played = (): Played => (once ??= playEdited(spec, edit));

      it(`proposes points of the new search only, with ${name}`, () => {
        const { columns, proposals } = played();
        const axes = axesOf(edit.space);
        expect(proposals.length).toBeGreaterThan(FIRST + 5);
        for (const { params, origin } of proposals.slice(FIRST)) {
          for (const axis of axes)
            expect(Number.isNaN(params[axis.index])).toBe(!isActive(axis, params));
          const written = toParams(axes, params);
          expect(encodeParams(axes, written)).toEqual({ ok: true, params });
          expect(edit.allows(written)).toBe(true);
          for (const parent of origin.parents) expect(columns.hasEnded(parent)).toBe(true);
        }
        const keys = new Set(proposals.map(({ params }) => params.join()));
        expect(keys.size).toBe(proposals.length);
      });

      it(`proposes the same points again after a restart, with ${name}`, () => {
        const { spec: edited, columns, proposals } = played();
        const again = samplerOf(edited);
        const rebuilt = columnsFor(edited, again);
        for (const [number, { params, origin }] of proposals.entries())
          rebuilt.proposed(number, params, columns.historyLength(number), origin);
        for (let i = 0; i < columns.ended; i++) {
          const number = columns.completion(i);
          const state = columns.state(number)!;
          rebuilt.end(number, state, columns.outcome(number)!, valueOf(proposals[number]!.params));
        }
        const recomputed = proposals.slice(FIRST).flatMap((_, i) => {
          const number = FIRST + i;
          const view =
            again.barrier === null
              ? rebuilt.asynchronousView(columns.historyLength(number))
              : rebuilt.synchronousView(again.barrier(number));
          return again.propose(number, 1, view);
        });
        const shown = ({ params, origin }: Proposal): unknown => [[...params], origin];
        expect(recomputed.map(shown)).toEqual(proposals.slice(FIRST).map(shown));
      });
    }

    it('takes over the history of another sampler', () => {
      const { spec: edited, proposals } = playEdited(spec, edits['a wider range']!, {
        name: 'random',
      });
      expect(proposals.length).toBeGreaterThan(FIRST + 5);
      const told = edited.edits?.[0]?.told;
      const learns = !['random', 'sobol', 'grid', 'cma-es'].includes(spec.name);
      expect(told).toBe(learns ? FIRST : 0);
    });
  });
}
