/**
 * Tests randomly damaged copies of a lab: each is read or refused with a clear error; none ends the
 * process.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { compiledScript } from '../support/compiled-script.ts';
import { size } from '../support/effort.ts';
import { createStudy, propose, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const READER = compiledScript('read-everything-process.ts');
const TRIALS = 40;
const FLIPPED = size(30, 200);
const TRUNCATED = size(20, 40);
const chance = new Stream(5, { purpose: PURPOSE.simulation });

let folder: TemporaryFolder;
let bytes: Buffer;
beforeEach(() => {
  folder = temporaryFolder();
  const file = folder.file('sound.db');
  const lab = openLab(file, { create: true });
  const numbers = Array.from({ length: TRIALS }, (_, number) => number);
  lab.commit([[createStudy(), ...numbers.map((number) => propose(number))]]);
  for (const number of numbers) lab.commit([[start(number)], succeed(number, number)]);
  lab.close();
  bytes = readFileSync(file);
});
afterEach(() => folder.remove());

/** Result of reading all of each copy: `read`, or the error's code. */
function readAll(copies: readonly Buffer[]): string[] {
  const files = copies.map((copy, i) => {
    const file = folder.file(`${i}.db`);
    writeFileSync(file, copy);
    return file;
  });
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [READER, ...files], {
    encoding: 'utf8',
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return stdout.trim().split('\n');
}

const CODES = new Set([
  'read',
  'damaged',
  'not-sqlite',
  'not-a-lab',
  'schema-newer',
  'schema-older',
]);
const unexpected = (found: readonly string[]): string[] => found.filter((code) => !CODES.has(code));

function flipped(): Buffer {
  const copy = Buffer.from(bytes);
  for (let flips = 1 + chance.below(40); flips > 0; flips--) {
    const at = chance.below(copy.length);
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << chance.below(8)), at);
  }
  return copy;
}

describe('Lab file: damage', () => {
  it(`reads or refuses ${FLIPPED} copies with flipped bits`, () => {
    const found = readAll(Array.from({ length: FLIPPED }, flipped));
    expect(found).toHaveLength(FLIPPED);
    expect(unexpected(found)).toEqual([]);
    expect(new Set(found).size).toBeGreaterThan(1);
  });

  it(`reads or refuses ${TRUNCATED} truncated copies`, () => {
    const found = readAll(
      Array.from({ length: TRUNCATED }, () =>
        bytes.subarray(0, 1 + chance.below(bytes.length - 1)),
      ),
    );
    expect(found).toHaveLength(TRUNCATED);
    expect(unexpected(found)).toEqual([]);
  });

  it('reports text that is not UTF-8 as damage, with its column', () => {
    const copy = Buffer.from(
      bytes.toString('latin1').replaceAll('crossover+mutation', 'cross\xffver+mutation'),
      'latin1',
    );
    expect(copy).not.toEqual(bytes);
    expect(readAll([copy])).toEqual(['damaged']);
  });
});
