/**
 * Nodes of the lab, requests of machines that want to join it, and this machine's own place in
 * another lab, as the window and the command line see them.
 */
import { z } from 'zod';
import { strict } from '../problems.ts';
import { nodeLimits } from '../node-messages.ts';
import { slotStates } from './codes.ts';

const count = z.int().min(0);
/** Milliseconds since 1970. */
const instant = z.number();
/** A code, and its facts; the renderer has the wording. */
const reason = strict({ reason: z.string(), data: z.record(z.string(), z.unknown()) });

const nodeSlotRow = strict({
  slot: z.string(),
  device: z.string(),
  /** As in `slotRow`; `held`: it waits because its machine is used. `silent`: not heard of. */
  state: z.enum([...slotStates, 'held', 'silent']),
  /** Number of its first running trial; null: it is idle. */
  trial: count.nullable(),
  /** End of its quarantine; null: it is not quarantined. */
  untilMs: instant.nullable(),
});

const nodeDataset = strict({
  name: z.string(),
  bytes: count,
  /** Bytes in all; 0: not known yet. */
  of: count,
  state: z.enum(['waiting', 'fetching', 'checking', 'had', 'paused', 'failed', 'evicted']),
  /** Names of the machines that it is read from. */
  from: z.array(z.string()),
  /** Reason why it does not move; null: it moves, or is complete. */
  error: z.string().nullable(),
});
export type NodeDataset = z.output<typeof nodeDataset>;

const packageDifference = strict({
  /** A module, or `Python`. */
  name: z.string(),
  /** Version on the node; empty: unknown, null: missing. */
  there: z.string().nullable(),
  /** Version on the host. */
  here: z.string().nullable(),
});

export const nodeRow = strict({
  /** `local`: this machine. */
  id: z.string(),
  name: z.string(),
  presence: z.enum(['present', 'away', 'absent']),
  mode: z.enum(['open', 'paused', 'draining', 'drained']),
  /** The person who set the mode; null: the node is open. */
  by: z.enum(['user', 'owner']).nullable(),
  /**
   * Since when the presence is as it is: of an away node the time of its last message. Null: the
   * node was never connected.
   */
  since: instant.nullable(),
  /** Reason why an absent node has left; null: unknown, or it is not absent. */
  left: z.string().nullable(),
  /** Null: not known before its first link. */
  release: z.string().nullable(),
  system: z.string().nullable(),
  slots: z.array(nodeSlotRow),
  /** Mean load of its cores, in per cent; null: unknown, or the node is not present. */
  load: z.number().nullable(),
  /** Null: unknown, or the node is not present. */
  rttMs: z.number().nullable(),
  /** Clock of the node minus clock of this machine, in milliseconds. */
  offsetMs: z.number().nullable(),
  datasets: z.array(nodeDataset),
  /** Reason why the node does not work, or not for a study. */
  refusals: z.array(reason),
  /** Studies whose programs find another Python or other packages there than on the host. */
  packages: z.array(strict({ study: z.string(), differences: z.array(packageDifference) })),
  /** In force: the stricter of the owner's and the user's. Null: not known. */
  limits: nodeLimits.nullable(),
  /** Reason why slots are held; null: none is, or the reason is unknown. */
  held: reason.nullable(),
  /** Time at which its hours of use begin; null: it has none, or they have begun. */
  hoursFrom: instant.nullable(),
});
export type NodeRow = z.output<typeof nodeRow>;
/** Part of its row that is passed on as it was told. */
export type NodeTold = Pick<
  NodeRow,
  | 'id'
  | 'name'
  | 'release'
  | 'offsetMs'
  | 'datasets'
  | 'refusals'
  | 'packages'
  | 'limits'
  | 'held'
  | 'hoursFrom'
>;

/** True if this lab is shared, and where other machines find it. */
export const sharing = strict({
  on: z.boolean(),
  /** Name of this machine, as others see it. */
  name: z.string(),
  port: z.int().min(0).max(65_535),
  addresses: z.array(z.string()),
  /** Reason why sharing is off although it was asked for; null: no problem. */
  problem: strict({ code: z.string(), data: z.record(z.string(), z.unknown()) }).nullable(),
});
export type Sharing = z.output<typeof sharing>;

/** Machines that were refused. */
export const refusedRow = strict({
  address: z.string(),
  reason: z.string(),
  /** Refusals in the minute before `at`. */
  times: count,
  at: instant,
});
export type RefusedRow = z.output<typeof refusedRow>;

/** A machine that wants to join; both people compare the digits. */
export const admission = strict({
  conversation: z.string(),
  name: z.string(),
  address: z.string(),
  /** Six digits. */
  digits: z.string().regex(/^\d{6}$/),
  since: instant,
  /** True if this lab's user has said yes and its person's answer is awaited. */
  agreed: z.boolean(),
  /** How it ended; null: it goes on. Ended ones are shown for a while. */
  ended: z
    .enum(['admitted', 'refused', 'mismatch', 'busy', 'version', 'timeout', 'protocol'])
    .nullable(),
});
export type Admission = z.output<typeof admission>;
export const admissionsBody = strict({ admissions: z.array(admission) });
export type AdmissionsBody = z.output<typeof admissionsBody>;

export const invitation = strict({
  /** Text to paste at the other machine. */
  invitation: z.string(),
  until: instant,
  uses: z.int().min(1),
});
export type Invitation = z.output<typeof invitation>;

/** Labs that this machine sees, or has been part of. */
export const seenBody = strict({
  labs: z.array(
    strict({
      /** Id of its host; null: not known, an address that was typed. */
      host: z.string().nullable(),
      name: z.string(),
      /** `host:port`, the best first. */
      addresses: z.array(z.string()),
      /** Time at which it was seen last; null: remembered, not seen now. */
      seenAt: instant.nullable(),
      /** True if it speaks a version of the protocol that this machine speaks. */
      compatible: z.boolean(),
    }),
  ),
  /** Reason why no lab can be seen here; null: labs can be seen. */
  blind: z.string().nullable(),
});
export type SeenBody = z.output<typeof seenBody>;

/** This machine as a node of another lab. */
export const ownerBody = strict({
  /** Reason why this machine cannot join a lab from here; null: it can. */
  cannotJoin: z.string().nullable(),
  /**
   * `none`: in no lab. `digits`: both people compare them. `waiting`: for the other person.
   * `joined`: admitted, whether connected or not. `failed`: `reason` says why.
   */
  phase: z.enum(['none', 'connecting', 'digits', 'waiting', 'joined', 'failed']),
  /** `host:port` that was asked for; null: an invitation, or none. */
  address: z.string().nullable(),
  /** Name of the other machine; null: not known yet. */
  host: z.string().nullable(),
  lab: z.string().nullable(),
  digits: z
    .string()
    .regex(/^\d{6}$/)
    .nullable(),
  /** Reason why joining failed, or why the host no longer answers. */
  reason: reason.nullable(),
  /** State of the link to the lab, and since when. */
  link: strict({ up: z.boolean(), since: instant }).nullable(),
  /** Number of trials that run here for the lab. */
  running: count,
  limits: nodeLimits,
  /** Devices that can be excluded. */
  devices: z.array(strict({ device: z.string(), name: z.string() })),
  /** Source of the time since the last input; null with the reason in `idleUnknown`. */
  idleSource: z.string().nullable(),
  idleUnknown: z.string().nullable(),
});
export type OwnerBody = z.output<typeof ownerBody>;
