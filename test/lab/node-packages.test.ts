/** Tests the comparison of nodes' packages with those of the host. */
import { describe, expect, it } from 'vitest';
import { NodePackages } from '../../src/lab/node-packages.ts';
import type { PythonPackages } from '../../src/protocol/python-packages.ts';

const HERE: PythonPackages = { python: '3.12.1', packages: { torch: '2.6' } };
const THERE: PythonPackages = { python: '3.12.1', packages: { torch: '2.4' } };
const TORCH = { name: 'torch', there: '2.4', here: '2.6' };
const study = { name: 'mine', objective: { kind: 'command', command: ['python3', 'a.py'] } };

/** A host that counts what it asks its own Python. */
class World {
  asked = 0;
  now = 0;
  here: PythonPackages | null = HERE;
  readonly changes: string[] = [];
  readonly packages = new NodePackages({
    here: () => {
      this.asked += 1;
      return Promise.resolve(this.here);
    },
    now: () => this.now,
    changed: (node, { name }, { length }) => this.changes.push(`${node} ${name} ${length}`),
  });
}

describe('Packages of nodes', () => {
  it('are told by node and study where they differ from the host’s', async () => {
    const { packages, changes } = new World();
    await packages.answered('na', study, THERE);
    await packages.answered('nb', study, HERE);
    expect(packages.of('na', () => [study])).toEqual([{ study: 'mine', differences: [TORCH] }]);
    expect(packages.of('nb', () => [study])).toEqual([]);
    expect(packages.of('na', () => [])).toEqual([]);
    expect(changes).toEqual(['na mine 1']);
  });

  it('no longer differ once the node has answered anew', async () => {
    const { packages, changes } = new World();
    await packages.answered('na', study, THERE);
    await packages.answered('na', study, HERE);
    expect(packages.of('na', () => [study])).toEqual([]);
    expect(changes).toEqual(['na mine 1', 'na mine 0']);
  });

  it('ask the host once for nodes that link within a minute, and again later', async () => {
    const world = new World();
    for (const node of ['na', 'nb', 'nc']) await world.packages.answered(node, study, THERE);
    expect(world.asked).toBe(1);
    world.now = 60_000;
    world.here = THERE;
    await world.packages.answered('na', study, THERE);
    expect(world.asked).toBe(2);
    expect(world.packages.of('na', () => [study])).toEqual([]);
    expect(world.packages.of('nb', () => [study])).toHaveLength(1);
  });

  it('stay unknown where the host has no Python that answers', async () => {
    const world = new World();
    world.here = null;
    await world.packages.answered('na', study, THERE);
    expect(world.packages.of('na', () => [study])).toEqual([]);
  });

  it('follow the study under a new name', async () => {
    const { packages } = new World();
    await packages.answered('na', study, THERE);
    expect(packages.of('na', () => [{ ...study, name: 'renamed' }])).toMatchObject([
      { study: 'renamed' },
    ]);
  });
});
