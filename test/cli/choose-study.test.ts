import { describe, expect, it } from 'vitest';
import { chooseStudy } from '../../src/cli/run/choose-study.ts';
import type { Study } from '../../src/core/scheduling/index.ts';

function study(name: string, state: 'running' | 'finished', deleted = false): Study {
  const spec = { name };
  return { uid: `uid of ${name}`, spec, state, reason: 'trials', deleted } as unknown as Study;
}
const studies = [study('a', 'finished'), study('a-2', 'running'), study('b', 'finished', true)];

function resumed(name: string, stored: string | null): string | null {
  const choice = chooseStudy(studies, { spec: { name }, resume: true, stored });
  return choice.kind === 'resume' ? choice.study.spec.name : null;
}

describe('Run: the study that --resume chooses', () => {
  it('is the one that the command names, though a later one of its name is unfinished', () => {
    expect(resumed('a', 'uid of a')).toBe('a');
    expect(resumed('a-2', 'uid of a-2')).toBe('a-2');
  });

  it('is the newest unfinished one of a file or preset', () => {
    expect(resumed('a', null)).toBe('a-2');
  });

  it('is never a deleted one', () => {
    expect(resumed('b', 'uid of b')).toBeNull();
  });
});
