/**
 * Every message between a host and a node of its lab: schemas, types and the protocol's version.
 * Messages of workers pass between them unchanged (`worker-messages.ts`). `node-wire.ts` converts
 * these messages to text and back.
 */
import { z } from 'zod';
import { NODE_GOODBYES, NODE_LEAVES } from '../core/node-words.ts';
import { MOST_MODULES, moduleName, pythonPackages } from './python-packages.ts';
import { nodeInventory, nodeSample } from './window/telemetry.ts';

/**
 * Supported versions of this protocol, both ends inclusive. A message that version 1 does not know,
 * or a field, is sent only on links whose version has it.
 */
export const NODE_PROTOCOL = { low: 1, high: 4 } as const;
/** Version from which on orders name the code of programs. */
export const CODE_VERSION = 2;
/** Version from which on orders name imports, and nodes answer with versions of packages. */
export const PACKAGES_VERSION = 3;
/** Version from which on a node learns which studies it keeps files of are no longer in the lab. */
export const REMOVALS_VERSION = 4;

/** Most slots of one node. */
export const MOST_SLOTS = 4096;
/** Most datasets named in one message. */
const MOST_CONTENTS = 10_000;
/** Most studies named in one message. */
export const MOST_STUDIES = 1_000;
/** Most characters of the last output of a worker that is passed on. */
export const LAST_WORDS_CHARACTERS = 4096;

const count = z.int().min(0);
const ordinal = z.int().min(1);
const name = z.string().min(1).max(256);
const sentence = z.string().max(16_384);
const milliseconds = z.number().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 in hex' });
/** A Curve25519 public key. */
export const publicKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'expected a public key of 32 bytes in hex' });
const port = z.int().min(1).max(65_535);
const address = z.string().min(1).max(256);
const slot = name;
const slots = z.array(slot).max(MOST_SLOTS);
/** Uids of studies. */
const studies = z.array(name).max(MOST_STUDIES);
const versions = z.strictObject({ low: count, high: count });

/** A program that a node must find before it runs the code that it has fetched. */
const neededProgram = z.strictObject({
  /** Program, or the engine of its container; a relative path is one within the code. */
  command: z.string().min(1).max(100_000),
  /** Working folder within the code; `.` for its top. */
  folder: z.string().min(1).max(4096),
  /** Named Python; absent: none. */
  python: z.exactOptional(z.string().min(1).max(4096)),
  /** Modules that its script imports; absent: no Python, or a link below version 3. */
  imports: z.exactOptional(z.array(moduleName).max(MOST_MODULES)),
});

/**
 * Datasets of unfinished studies, which every node should have; the whole list. With programs: the
 * code that they run, which a node fetches only if its owner permits programs of the lab.
 */
const orders = z
  .array(
    z.strictObject({
      content: sha256,
      tree: sha256,
      name: z.string().min(1).max(1024),
      /** From version 2 on. */
      programs: z.exactOptional(z.array(neededProgram).min(1).max(1000)),
    }),
  )
  .max(MOST_CONTENTS);
export type NeededProgram = z.output<typeof neededProgram>;

/** Addresses at which other nodes reach a node. */
const serves = z.strictObject({ port, addresses: z.array(address).max(16) });

const hour = z.int().min(0).max(23);

/**
 * Limits of a node's use. The host's are wishes; of the host's and the owner's, the stricter holds.
 */
export const nodeLimits = z.strictObject({
  /** Ids of the devices that may be used; null: all. */
  devices: z.array(name).max(MOST_SLOTS).nullable(),
  /** Local hours of use, `to` excluded and possibly after midnight; null: always. */
  hours: z.strictObject({ from: hour, to: hour }).nullable(),
  /** Only while the machine is not in use. */
  whenIdle: z.boolean(),
  paused: z.boolean(),
  /** Finishes what runs, then takes nothing more; null: not draining. */
  draining: z.strictObject({ graceMs: milliseconds }).nullable(),
});
export type NodeLimits = Readonly<z.output<typeof nodeLimits>>;

export const NO_LIMITS: NodeLimits = {
  devices: null,
  hours: null,
  whenIdle: false,
  paused: false,
  draining: null,
};

const nodeSlot = z.strictObject({
  slot,
  /** Id of its device, `gpu/0`. */
  device: name,
  /** Model of its device, as its maker names it. */
  model: name,
  /** Most trials that its worker trains together. */
  lanes: ordinal,
  /** Memory that its worker may use, in bytes. */
  memoryBytes: count,
  /** Incarnation of its running worker; null: none. */
  running: name.nullable(),
  /** Session of its running worker; null: none. */
  session: name.nullable(),
  /** Highest task number passed to the worker in this session; 0: none. */
  taskSeq: count,
});
export type NodeSlot = Readonly<z.output<typeof nodeSlot>>;

export const nodeSchema = z.strictObject({
  type: z.literal('node'),
  v: versions,
  /** Number of starts of the node process. */
  boot: ordinal,
  /** 1, 2 … within the process. */
  no: ordinal,
  name,
  release: name,
  system: name,
  cores: ordinal,
  /** Numbers of the arithmetic of its executors, by executor, e.g. `wasm`. */
  arithmetic: z.record(name, count),
  slots: z.array(nodeSlot).max(MOST_SLOTS),
  /** Contents of the datasets that the node has. */
  has: z.array(sha256).max(MOST_CONTENTS),
  /** Null: it serves no other nodes. */
  serves: serves.nullable(),
  limits: nodeLimits,
});

export const nodeWelcomeSchema = z.strictObject({
  type: z.literal('nodeWelcome'),
  /** The chosen version, within both ranges. */
  v: count,
  epoch: count,
  /** Number of the link, part of its task channel's name. */
  link: ordinal,
  /** `no` of the message that this answers. */
  no: ordinal,
  /** Name of the lab, for people. */
  lab: name,
  /** Identifies the lab file, so that files of another lab's studies stay. From version 4 on. */
  labId: z.exactOptional(sha256),
  pulseMs: ordinal,
  silentMs: ordinal,
  /** Workers that the node keeps or starts; it ends all others. */
  run: z.array(z.strictObject({ slot, incarnation: name })).max(MOST_SLOTS),
  fetch: orders,
});

export const nodePulseSchema = z.strictObject({
  type: z.literal('pulse'),
  /** 1, 2 … within the link. */
  n: ordinal,
  /** Slots whose worker the node has not heard of. */
  silent: slots,
  /** Slots that wait because the machine is in use. */
  held: slots,
  /** Milliseconds; null: not measured yet. */
  rttMs: milliseconds.nullable(),
  /** Clock of the host minus clock of the node in milliseconds; null: not measured yet. */
  offsetMs: z.number().nullable(),
});

export const hostPulseSchema = z.strictObject({
  type: z.literal('hostPulse'),
  /** Number of the pulse that this answers. */
  n: ordinal,
  /** Milliseconds since 1970 at the host. */
  at: z.number(),
});

export const spawnSchema = z.strictObject({
  type: z.literal('spawn'),
  slot,
  incarnation: name,
  afterMs: milliseconds,
});
export const killSchema = z.strictObject({
  type: z.literal('kill'),
  slot,
  incarnation: name,
  afterMs: milliseconds,
});

/** Repeated until `noted`. */
export const exitedSchema = z.strictObject({
  type: z.literal('exited'),
  slot,
  incarnation: name,
  code: z.int().nullable(),
  signal: name.nullable(),
  by: z.enum(['us', 'itself']),
  rssPeakBytes: count.nullable(),
  overMemory: z.boolean(),
  lastWords: z.string().max(LAST_WORDS_CHARACTERS),
});
export const notedSchema = z.strictObject({
  type: z.literal('noted'),
  slot,
  incarnation: name,
});

export const loadSchema = z.strictObject({ type: z.literal('load'), sample: nodeSample });
/** Sent after the welcome and when the inventory changes. */
export const inventorySchema = z.strictObject({
  type: z.literal('inventory'),
  inventory: nodeInventory,
});

/** The list has changed since the welcome or the last such message. */
export const fetchSchema = z.strictObject({ type: z.literal('fetch'), fetch: orders });

/**
 * Versions of the Python and the packages of a program, after the node has its code and each time
 * the host orders it. From version 3 on, and only with the permission of the node's owner.
 */
export const packagesSchema = z.strictObject({
  type: z.literal('packages'),
  content: sha256,
  program: neededProgram,
  found: pythonPackages,
});

/** Studies of the lab that the node keeps files of: after the welcome, from version 4 on. */
export const keepsSchema = z.strictObject({ type: z.literal('keeps'), labId: sha256, studies });
/**
 * Studies that are not, or no longer, in the lab, whose files the node deletes: the answer to
 * `keeps`, and sent when a study is removed. From version 4 on.
 */
export const forgetSchema = z.strictObject({ type: z.literal('forget'), labId: sha256, studies });

/** A range of chunk numbers, `to` excluded. */
const range = z.strictObject({ from: count, to: count });

export const dataSchema = z.strictObject({
  type: z.literal('data'),
  tree: sha256,
  content: sha256,
  state: z.enum(['fetching', 'checking', 'had', 'paused', 'failed', 'evicted']),
  /** Bytes that the node has. */
  bytes: count,
  /** Bytes in all; 0: not known yet. */
  of: count,
  /** Names of the nodes or the host that it reads from. */
  sources: z.array(name).max(16),
  /** Chunks that the node lacks. */
  lacks: z.array(range).max(4096),
  error: sentence.nullable(),
});

export const introduceSchema = z.strictObject({
  type: z.literal('introduce'),
  tree: sha256,
  peer: z.strictObject({
    node: name,
    /** Its name, for people. */
    name,
    key: publicKey,
    port,
    addresses: z.array(address).max(16),
  }),
  /** `source`: the peer has chunks. `reader`: the peer may ask for them. */
  as: z.enum(['source', 'reader']),
  validMs: ordinal,
});

/** Down: what the host's user wishes. Up: what the owner's limits and the wish come to. */
export const limitsSchema = z.strictObject({ type: z.literal('limits'), limits: nodeLimits });

/** Reason why slots are held, and when use begins: after the welcome, and when it changes. */
export const courtesySchema = z.strictObject({
  type: z.literal('courtesy'),
  /**
   * Milliseconds since 1970 at which the hours of use begin; null: there are none, or they have.
   */
  hoursFrom: z.number().nullable(),
  /** Null: no slot is held. */
  held: z
    .strictObject({
      /** `unknown`: no source tells any more whether the machine is in use. */
      reason: z.enum(['input', 'load', 'unknown']),
      /** `at` of the last input in ms since 1970, `load` by others in per cent, `why`. */
      data: z.record(name, z.union([z.number(), sentence])),
    })
    .nullable(),
  /** Source of the time since the last input; null: none is asked, or none answers. */
  idleSource: sentence.nullable(),
  /** Reason why no source answers; null: one does, or none is asked. */
  idleUnknown: sentence.nullable(),
});

/** A new key, used only after the other side answered that it is stored. */
export const rekeySchema = z.strictObject({ type: z.literal('rekey'), key: publicKey });
export const rekeyedSchema = z.strictObject({ type: z.literal('rekeyed'), key: publicKey });

export const nodeLeavingSchema = z.strictObject({
  type: z.literal('leaving'),
  reason: z.enum(NODE_LEAVES),
});
export const nodeGoodbyeSchema = z.strictObject({
  type: z.literal('goodbye'),
  reason: z.enum(NODE_GOODBYES),
  /** For people. */
  text: z.exactOptional(sentence),
});

type Read<Schema extends z.ZodType> = Readonly<z.output<Schema>>;
export type NodeHello = Read<typeof nodeSchema>;
export type NodeWelcome = Read<typeof nodeWelcomeSchema>;
export type NodePulse = Read<typeof nodePulseSchema>;
export type HostPulse = Read<typeof hostPulseSchema>;
export type NodeExited = Read<typeof exitedSchema>;
export type DataReport = Read<typeof dataSchema>;
export type PackagesReport = Read<typeof packagesSchema>;
export type KeepsReport = Read<typeof keepsSchema>;
export type CourtesyReport = Read<typeof courtesySchema>;
export type Introduce = Read<typeof introduceSchema>;

/** Control channel, node to host. */
export type FromNode =
  | NodeHello
  | NodePulse
  | Read<typeof loadSchema>
  | Read<typeof inventorySchema>
  | DataReport
  | PackagesReport
  | KeepsReport
  | Read<typeof limitsSchema>
  | CourtesyReport
  | Read<typeof rekeySchema>
  | Read<typeof rekeyedSchema>
  | Read<typeof nodeLeavingSchema>;
/** Results channel, node to host. */
export type NodeResult = NodeExited;
/** Control channel, host to node. */
export type ToNode =
  | NodeWelcome
  | HostPulse
  | Read<typeof spawnSchema>
  | Read<typeof killSchema>
  | Read<typeof notedSchema>
  | Read<typeof fetchSchema>
  | Read<typeof forgetSchema>
  | Introduce
  | Read<typeof limitsSchema>
  | Read<typeof rekeySchema>
  | Read<typeof rekeyedSchema>
  | Read<typeof nodeGoodbyeSchema>;
