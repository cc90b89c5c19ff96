/**
 * The worlds of the random walks: small enough that every pair of faults occurs together, and
 * different enough to reach every rule.
 */
import type { Faults, WorldOptions } from './adversarial-world.ts';

const ALL: Partial<Faults> = {
  coordinatorKill: 2,
  workerKill: 2,
  workerStop: 2,
  duplicate: 3,
  drop: 3,
  pause: 1,
  stop: 1,
  falseExpiry: 2,
  helloAgain: 2,
  describe: 2,
  delete: 2,
};
const MORE: Partial<Faults> = { ...ALL, crash: 3, cancel: 2 };

const NODES: Partial<Faults> = {
  linkCut: 2,
  relink: 2,
  nodeKill: 2,
  falseAway: 2,
  hold: 2,
  nodePause: 1,
};
const LEAVE: Partial<Faults> = { nodeRemove: 1, nodeDrain: 1, nodeGone: 1 };

const generations = { synchronous: true, generation: 2 };
const plain = { synchronous: true, generation: 0 };
const asynchronous = { synchronous: false, generation: 0 };

export const worlds = {
  'generations, workers elsewhere': { sampler: generations, trials: 4, faults: ALL },
  'generations, workers here': { sampler: generations, trials: 4, faults: ALL, local: true },
  'generations, two lanes': { sampler: generations, trials: 6, faults: ALL, lanes: 2 },
  'generations, target': { sampler: generations, trials: 4, faults: ALL, target: 30 },
  'no barrier, more trials': { sampler: plain, trials: 8, faults: ALL },
  'no barrier, short trials that travel together': {
    sampler: plain,
    trials: 30,
    faults: ALL,
    scheduler: { bundleMs: 4 },
  },
  'no barrier, target': { sampler: plain, trials: 4, faults: ALL, target: 30 },
  'generations, crashes and cancels': { sampler: generations, trials: 4, faults: MORE },
  'generations, a second silence fails': {
    sampler: generations,
    trials: 4,
    faults: { ...ALL, falseExpiry: 4 },
    scheduler: { maxSilences: 2 },
  },
  'asynchronous, target': {
    sampler: asynchronous,
    trials: 4,
    faults: { ...ALL, crash: 2 },
    target: 12,
  },
  'asynchronous, crashes and cancels': { sampler: asynchronous, trials: 4, faults: MORE },
  'asynchronous, edits of the search': {
    sampler: asynchronous,
    trials: 8,
    faults: { ...MORE, edit: 3 },
  },
  'no barrier, edits of the search, workers here': {
    sampler: plain,
    trials: 8,
    faults: { ...ALL, edit: 3 },
    local: true,
  },
  'generations, edits of the search, 2 nodes': {
    sampler: generations,
    trials: 8,
    nodes: ['na', 'na', 'nb'],
    faults: { ...ALL, ...NODES, edit: 3 },
  },
  'asynchronous, workers here, two lanes': {
    sampler: asynchronous,
    trials: 6,
    faults: MORE,
    local: true,
    lanes: 2,
  },
  'asynchronous, a card beside a core': {
    sampler: asynchronous,
    trials: 12,
    faults: MORE,
    local: true,
    card: true,
  },
  'generations, a card beside a core elsewhere': {
    sampler: { synchronous: true, generation: 6 },
    trials: 12,
    faults: MORE,
    card: true,
  },
  'generations, pruned trials and reports': {
    sampler: generations,
    trials: 4,
    faults: { ...MORE, prune: 2, report: 6 },
  },
  'asynchronous, pruned trials and reports, workers here': {
    sampler: asynchronous,
    trials: 6,
    faults: { ...MORE, prune: 3, report: 6 },
    local: true,
  },
  'asynchronous, verdicts of a pruner': {
    sampler: asynchronous,
    trials: 6,
    verdicts: true,
    faults: { ...MORE, report: 12 },
  },
  'asynchronous, verdicts, workers here, two lanes': {
    sampler: asynchronous,
    trials: 6,
    verdicts: true,
    faults: { ...MORE, prune: 1, report: 12 },
    local: true,
    lanes: 2,
  },
  'asynchronous, verdicts, 2 nodes, leaving': {
    sampler: asynchronous,
    trials: 6,
    verdicts: true,
    nodes: ['na', 'na', 'nb'],
    faults: { ...MORE, ...NODES, ...LEAVE, report: 12 },
  },
  'asynchronous, promotions': {
    sampler: asynchronous,
    trials: 6,
    promotes: true,
    faults: { ...MORE, report: 4 },
  },
  'asynchronous, promotions, workers here, two lanes, target': {
    sampler: asynchronous,
    trials: 8,
    promotes: true,
    faults: { ...MORE, report: 4 },
    local: true,
    lanes: 2,
    target: 12,
  },
  'asynchronous, promotions, 2 nodes, leaving': {
    sampler: asynchronous,
    trials: 6,
    promotes: true,
    nodes: ['na', 'na', 'nb'],
    faults: { ...MORE, ...NODES, ...LEAVE, report: 4 },
  },
  'asynchronous, two objectives and a bound': {
    sampler: asynchronous,
    trials: 8,
    front: true,
    faults: MORE,
  },
  'asynchronous, two objectives and a bound, 2 nodes, leaving': {
    sampler: asynchronous,
    trials: 8,
    front: true,
    nodes: ['na', 'na', 'nb'],
    faults: { ...MORE, ...NODES, ...LEAVE },
  },
  'generations, 2 nodes of 2 and 1 workers': {
    sampler: generations,
    trials: 4,
    nodes: ['na', 'na', 'nb'],
    faults: { ...ALL, ...NODES },
  },
  'generations, 3 nodes': {
    sampler: generations,
    trials: 4,
    nodes: ['na', 'nb', 'nc'],
    faults: { ...ALL, ...NODES },
  },
  'generations, 3 nodes, leaving': {
    sampler: generations,
    trials: 4,
    nodes: ['na', 'nb', 'nc'],
    faults: { ...ALL, ...NODES, ...LEAVE },
  },
  'generations, 2 nodes, leaving, target': {
    sampler: generations,
    trials: 4,
    target: 30,
    nodes: ['na', 'na', 'nb'],
    faults: { ...ALL, ...NODES, ...LEAVE },
  },
  'generations, 3 nodes, crashes and cancels': {
    sampler: generations,
    trials: 4,
    nodes: ['na', 'nb', 'nc'],
    faults: { ...MORE, ...NODES, ...LEAVE },
  },
  'asynchronous, 3 nodes, target, leaving': {
    sampler: asynchronous,
    trials: 4,
    target: 12,
    nodes: ['na', 'nb', 'nc'],
    faults: { ...ALL, ...NODES, ...LEAVE, crash: 2 },
  },
  'asynchronous, 2 nodes, crashes and cancels': {
    sampler: asynchronous,
    trials: 4,
    nodes: ['na', 'na', 'nb'],
    faults: { ...MORE, ...NODES, ...LEAVE },
  },
  'only links: cut, cut, cut': {
    sampler: generations,
    trials: 4,
    nodes: ['na', 'nb', 'nc'],
    faults: { linkCut: 6, relink: 4, falseAway: 4, drop: 4, hold: 3 },
  },
  'stragglers, 2 nodes': {
    sampler: plain,
    trials: 6,
    nodes: ['na', 'nb'],
    faults: { ...ALL, crash: 2 },
  },
} satisfies Record<string, WorldOptions>;
