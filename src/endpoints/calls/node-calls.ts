/** Endpoints of the lab's other machines, and of this machine as a node of another lab. */
import type { HandlersOf, SubscriptionsOf } from '../../protocol/endpoint.ts';
import type { NodeLimits } from '../../protocol/node-messages.ts';
import type { Commands, Queries, Subscriptions } from '../../protocol/endpoints.ts';
import type { NodeRow, OwnerBody } from '../../protocol/window/nodes.ts';
import { WholeFeed } from '../feeds/whole-feed.ts';
import type { NodeFace, SharedLab } from '../shared-lab.ts';

export interface NodeCallDeps {
  /** Sharing of the open lab. */
  readonly shared: () => SharedLab;
  /** Calls back after changes of whichever lab is open. @returns a function that unsubscribes */
  readonly listen: (changed: () => void) => () => void;
  readonly face: NodeFace;
  readonly owner: () => OwnerBody;
  /** Keeps the limits of this machine's owner. @throws GalapagosError `idle-unknown` */
  readonly limit: (limits: NodeLimits) => Promise<void>;
  readonly rows: () => NodeRow[];
}

type NodeCallNames =
  | 'lab.nodes'
  | 'lab.share'
  | 'lab.admit'
  | 'lab.invite'
  | `node.${'rename' | 'drain' | 'pause' | 'resume' | 'remove' | 'limits'}`
  | `join.${'start' | 'agree' | 'leave'}`
  | 'owner.limits';

export type NodeCalls = Pick<HandlersOf<Queries & Commands>, NodeCallNames>;
export type NodeSubscriptions = Pick<
  SubscriptionsOf<Subscriptions>,
  'lab.admissions' | 'join.seen' | 'owner.state'
>;

/** Runs an operation and answers nothing. */
async function done(work: Promise<void>): Promise<null> {
  await work;
  return null;
}

export function nodeCalls({ shared, face, rows, limit }: NodeCallDeps): NodeCalls {
  return {
    'lab.nodes': rows,
    'lab.share': ({ on, port }) => done(shared().share(on, port)),
    'lab.admit': ({ conversation, yes }) => {
      shared().admit(conversation, yes);
      return null;
    },
    'lab.invite': (wanted) => shared().invite(wanted),
    'node.rename': ({ node, name }) => done(shared().acts.rename(node, name)),
    'node.drain': ({ node, now }) => done(shared().acts.drain(node, now)),
    'node.pause': ({ node }) => done(shared().acts.pause(node)),
    'node.resume': ({ node }) => done(shared().acts.resume(node)),
    'node.remove': ({ node }) => done(shared().acts.remove(node)),
    'node.limits': ({ node, limits }) => done(shared().acts.limit(node, limits)),
    'join.start': ({ address }) => done(face.start(address)),
    'join.agree': ({ yes }) => done(face.agree(yes)),
    'join.leave': () => done(face.leave()),
    'owner.limits': async (limits) => {
      await limit(limits);
      return done(face.limit(limits));
    },
  };
}

export function nodeSubscriptions({
  shared,
  listen,
  face,
  owner,
}: NodeCallDeps): NodeSubscriptions {
  const heard = (changed: () => void): (() => void) => face.listen(changed);
  return {
    'lab.admissions': (_, changed) =>
      new WholeFeed({ read: () => ({ admissions: [...shared().admissions] }), listen }, changed),
    'join.seen': (_, changed) =>
      new WholeFeed({ read: () => face.seen, listen: heard, onClose: face.look() }, changed),
    'owner.state': (_, changed) => new WholeFeed({ read: owner, listen: heard }, changed),
  };
}
