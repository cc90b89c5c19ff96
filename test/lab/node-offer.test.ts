/** Tests what a node offers to trials that state a need of cores or memory. */
import { describe, expect, it } from 'vitest';
import { offerOfNode } from '../../src/lab/node-facts.ts';
import { fromNode, node as hello } from '../support/node-message-examples.ts';

const inventory = fromNode.find((message) => message.type === 'inventory')?.inventory ?? null;

describe('Offer of a node', () => {
  it('is its own cores and memory, as it has told them', () => {
    expect(offerOfNode({ hello, inventory })).toEqual({ cores: 8, memoryBytes: 2 ** 33 });
  });

  it('has no room for a second trial that needs memory while the memory is not known', () => {
    expect(offerOfNode({ hello, inventory: null })).toEqual({ cores: 8, memoryBytes: 0 });
  });

  it('is unknown before the node has joined', () => {
    expect(offerOfNode(undefined)).toBeNull();
  });
});
