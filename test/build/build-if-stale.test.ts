import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildIfStale } from '../../build/build-if-stale.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let clone: TemporaryFolder;
/** The parts of each build, in order. */
let builds: string[][];
let said: string[];

beforeEach(() => {
  clone = temporaryFolder();
  builds = [];
  said = [];
  write('src/cli/index.ts', 'command line');
  write('src/core/index.ts', 'core');
  write('src/renderer/App.svelte', 'window');
});
afterEach(() => clone.remove());

function write(path: string, content: string): void {
  mkdirSync(dirname(clone.file(path)), { recursive: true });
  writeFileSync(clone.file(path), content);
}

/** Builds what is stale by a builder that writes one entry and one chunk for each part. */
async function build(only?: ('programs' | 'window')[], fail = false): Promise<void> {
  await buildIfStale(clone.path, {
    ...(only === undefined ? {} : { only }),
    say: (line) => said.push(line),
    build: async (root, names, staging) => {
      builds.push([...names]);
      const files = {
        programs: { 'main/cli.js': '', [`main/chunks/${builds.length}.js`]: '' },
        window: { 'renderer/index.html': '', 'preload/index.cjs': '' },
      };
      for (const name of names) {
        for (const path of Object.keys(files[name])) {
          mkdirSync(dirname(join(staging, path)), { recursive: true });
          writeFileSync(join(staging, path), readFileSync(join(root, 'src/cli/index.ts')));
        }
      }
      // Lets another program that starts at the same time come to the lock.
      await new Promise((resolve) => setImmediate(resolve));
      if (fail) throw new Error('the build failed');
    },
  });
}

describe('Build: stale parts', () => {
  it('builds only the requested parts', async () => {
    await build(['programs']);
    expect(builds).toEqual([['programs']]);
    expect(existsSync(clone.file('out/renderer'))).toBe(false);
    await build();
    expect(builds).toEqual([['programs'], ['window']]);
  });

  it('builds a part again only after one of its own sources has changed', async () => {
    await build();
    write('src/renderer/App.svelte', 'another window');
    await build(['programs']);
    expect(builds).toEqual([['programs', 'window']]);
    await build();
    write('src/cli/index.ts', 'another command line');
    await build();
    write('src/core/index.ts', 'another core');
    await build();
    expect(builds.slice(1)).toEqual([['window'], ['programs'], ['programs', 'window']]);
  });

  it('does not build again after files were rewritten with the same contents', async () => {
    await build();
    write('src/cli/index.ts', 'command line');
    utimesSync(clone.file('src/cli/index.ts'), new Date(), new Date(Date.now() + 60_000));
    await build();
    expect(builds).toHaveLength(1);
  });

  it('detects a removed source and a removed build', async () => {
    write('src/cli/more.ts', 'more');
    await build();
    rmSync(clone.file('src/cli/more.ts'));
    await build();
    rmSync(clone.file('out/main/cli.js'));
    await build();
    expect(builds).toEqual([['programs', 'window'], ['programs'], ['programs']]);
  });

  it('says that it builds before it does, and how long it took', async () => {
    await build(['programs']);
    expect(said).toEqual([
      expect.stringMatching(/^building the programs for the first time; .*…$/),
      expect.stringMatching(/^built the programs in [\d.]+ s$/),
    ]);
  });
});

describe('Build: concurrent programs', () => {
  it('builds once for two programs, and tells the second that it waits', async () => {
    await Promise.all([build(), build()]);
    expect(builds).toHaveLength(1);
    expect(said).toContain('another galapagos is building; waiting for it …');
  });

  it('takes over the lock of a builder that was killed', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    write('out/.building', String(pid));
    await build();
    expect(builds).toHaveLength(1);
    expect(existsSync(clone.file('out/.building'))).toBe(false);
  });
});

describe('Build: running programs', () => {
  it('keeps the files of the previous build for a day', async () => {
    await build(['programs']);
    write('src/cli/index.ts', 'another command line');
    await build(['programs']);
    expect(readdirSync(clone.file('out/main/chunks'))).toEqual(['1.js', '2.js']);
    const twoDaysAgo = new Date(Date.now() - 48 * 60 * 60_000);
    utimesSync(clone.file('out/main/chunks/1.js'), twoDaysAgo, twoDaysAgo);
    write('src/cli/index.ts', 'a third command line');
    await build(['programs']);
    expect(readdirSync(clone.file('out/main/chunks'))).toEqual(['2.js', '3.js']);
  });

  it('leaves the previous build unchanged when a build fails, and builds again the next time', async () => {
    await build(['programs']);
    write('src/cli/index.ts', 'another command line');
    await expect(build(['programs'], true)).rejects.toThrow('the build failed');
    expect(readFileSync(clone.file('out/main/cli.js'), 'utf8')).toBe('command line');
    expect(readdirSync(clone.file('out')).sort()).toEqual(['built-programs.json', 'main']);
    await build(['programs']);
    expect(readFileSync(clone.file('out/main/cli.js'), 'utf8')).toBe('another command line');
  });
});
