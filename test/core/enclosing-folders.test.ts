import { expect, it, describe } from 'vitest';
import { enclosingFolders } from '../../src/core/enclosing-folders.ts';

describe('Paths: enclosing folders', () => {
  it('yields the folders of a path from the nearest to the outermost', () => {
    expect([...enclosingFolders('a/b/c.png')]).toEqual(['a/b', 'a']);
    expect([...enclosingFolders('c.png')]).toEqual([]);
    expect([...enclosingFolders('/c.png')]).toEqual([]);
  });
});
