/**
 * The endpoint table: every call of a window to its host. Electron's IPC, the preload bridge, the
 * HTTP and WebSocket server and the renderer's client are derived from it and add nothing. Answers
 * of queries and commands are JSON; streams may contain bytes.
 */
import { z } from 'zod';
import { hasHiddenCharacters } from '../core/hidden-characters.ts';
import { MOST_SOURCES } from '../core/study/start-history.ts';
import { params } from './best-configs.ts';
import { datasetOutput } from './cli-output.ts';
import { call } from './endpoint.ts';
import type { Calls, HandlersOf, InputOf, OutputOf, SubscriptionsOf } from './endpoint.ts';
import { strict } from './problems.ts';
import { searchChange } from './search-edit-request.ts';
import { studyFile, studyName, studyNote, writtenStudyFile } from './study-file.ts';
import { startedFromOutput } from './run-output.ts';
import { dataSource, datasetPreview, importOptions, labSource } from './window/datasets.ts';
import { nodeLimits } from './node-messages.ts';
import { labBody } from './window/lab-stream.ts';
import { admissionsBody, invitation, nodeRow, ownerBody, seenBody } from './window/nodes.ts';
import {
  attempts,
  confirmation,
  curve,
  deciles,
  exportedFile,
  importance,
  paretoFront,
  trialDetail,
  trialOutputPart,
} from './window/reading.ts';
import { examinedProject, proposedScript, scriptTry } from './window/script.ts';
import { estimate, networkCard, samplerChoice, studyCheck } from './window/set-up.ts';
import { editPreview } from './window/search-edits.ts';
import { startSource } from './window/start-from.ts';
import { limits, studyBody } from './window/study-stream.ts';
import { telemetryBody } from './window/telemetry.ts';

const count = z.int().min(0);
const nothing = strict({});
const done = z.null();
/** A study's `key`: its uid, or its name where another program made it. */
const study = z.string().min(1).max(600);
const trial = count.max(2 ** 32 - 2);
const name = z.string().min(1).max(600);
const path = z.string().min(1).max(4096);
/** A name that is displayed unchanged. */
const shownName = name.refine((given) => !hasHiddenCharacters(given), {
  error: 'a name without control or reordering characters',
});

const node = z.string().min(1).max(64);
const nodeName = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .refine((given) => !hasHiddenCharacters(given), {
    error: 'a name without control or reordering characters',
  });
/**
 * Limits that this lab's user can set for a node; pausing and draining have commands of their own.
 */
const useLimits = nodeLimits.pick({ devices: true, hours: true, whenIdle: true });

/** Queries read and change nothing. */
export const queries = {
  about: call(
    nothing,
    strict({
      version: z.string(),
      platform: z.string(),
      host: z.enum(['electron', 'server']),
      workers: count,
      cores: count,
      gpus: z.array(z.string()),
      /** Folder of this user's files outside lab files. */
      userFolder: z.string(),
    }),
  ),
  networks: call(strict({ dataset: name.nullable() }), z.array(networkCard)),
  samplers: call(nothing, z.array(samplerChoice)),
  /** A study for a dataset with a sensible default in every field; null: for MNIST. */
  draft: call(strict({ dataset: name.nullable() }), studyFile),
  /**
   * Problems of a draft study, and the training it would start. `workers` is checked as the user
   * typed it.
   */
  checkStudy: call(strict({ study: z.unknown(), workers: z.unknown().optional() }), studyCheck),
  /** Parses JSON text as a study; errors name line and column. */
  parseStudy: call(strict({ text: z.string().max(4_000_000), source: z.string() }), z.unknown()),
  /**
   * Proposes a study for a script of this machine: reads its source and its `--help`, trains
   * nothing. Answered for the desktop window only; the script may then be tried and started there.
   */
  proposeScript: call(
    strict({
      script: path,
      /** Absolute path of the working folder; null: the script's. */
      folder: path.nullable(),
      /** Interpreter or environment; null: as `galapagos init` finds it. */
      python: path.nullable(),
      /** Arguments that the script needs. */
      args: z.array(z.string().max(100_000)).max(1000),
    }),
    proposedScript,
  ),
  /** Says what a copy of a project folder would contain. For the desktop window only, likewise. */
  examineProject: call(
    strict({
      /** Null: the folder of the script, or the working folder where that is elsewhere. */
      project: path.nullable(),
      command: z.array(z.string().max(100_000)).max(10_000),
      /** Absolute path of the working folder. */
      folder: path,
    }),
    examinedProject,
  ),
  /** The latest try of a command; null: there was none. */
  scriptTry: call(nothing, scriptTry.nullable()),
  /** Maps the trials of another search to a study that would start from them. */
  startFrom: call(strict({ study: writtenStudyFile, source: startSource }), startedFromOutput),
  /** Measures within a few seconds; later calls use the cached measurement. */
  estimate: call(strict({ study: writtenStudyFile, workers: count.nullable() }), estimate),
  datasets: call(
    nothing,
    z.array(
      strict({
        name: z.string(),
        problem: z.string().nullable(),
        dataset: datasetOutput.nullable(),
      }),
    ),
  ),
  preview: call(
    z.union([strict({ dataset: name }), strict({ import: z.string() })]),
    datasetPreview,
  ),
  studyFile: call(strict({ study }), studyFile),
  /** Checks a change of a study's search, and says what it would do. */
  previewEdit: call(strict({ study, change: searchChange }), editPreview),
  trial: call(strict({ study, trial }), trialDetail),
  /**
   * Output of the trial's program, of the last attempt with output.
   * @param from place of the first byte; null: the end of the output, as much as one answer holds
   */
  output: call(strict({ study, trial, from: count.nullable() }), trialOutputPart),
  curves: call(strict({ study, trials: z.array(trial).max(500) }), z.array(curve)),
  deciles: call(strict({ study }), deciles),
  /** Attempts from the lab file, newest first. */
  attempts: call(strict({ study, before: z.number().nullable(), most: count.max(5000) }), attempts),
  importance: call(strict({ study }), importance),
  /** Null: the study has one objective and no constraints. */
  front: call(strict({ study }), paretoFront.nullable()),
  export: call(
    strict({ study, what: z.enum(['best', 'csv', 'study', 'lab']), top: z.int().min(1).max(1000) }),
    exportedFile,
  ),
  confirmations: call(strict({ study }), z.array(confirmation)),
  'lab.nodes': call(nothing, z.array(nodeRow)),
} as const satisfies Calls;

/**
 * Commands change something; they are answered when the change is decided, not when it is complete.
 */
export const commands = {
  startStudy: call(
    strict({
      study: writtenStudyFile,
      workers: z.int().min(1).max(4096).nullable(),
      startFrom: z.array(startSource).max(MOST_SOURCES).exactOptional(),
      /**
       * Folder of which trials run a copy, null as in `examineProject`; absent: they run in the
       * folder itself. For the desktop window only.
       */
      project: path.nullable().exactOptional(),
    }),
    strict({ study }),
  ),
  /**
   * Runs the command of a study once, outside of any study, with these values where the search
   * space contains them. Ends the try before. For the desktop window only, as `proposeScript`.
   */
  tryScript: call(strict({ study: writtenStudyFile, values: params }), done),
  /** Ends the reading and the try of a script; a reading goes on without the help text. */
  endScript: call(nothing, done),
  pauseStudy: call(strict({ study }), done),
  resumeStudy: call(strict({ study }), done),
  stopStudy: call(strict({ study }), done),
  addTrials: call(strict({ study, trials: z.int().min(1).max(1_000_000) }), done),
  editLimits: call(strict({ study, limits }), done),
  /** Changes ranges, fixed parameters, sampler or pruner; the history stays. */
  editSearch: call(strict({ study, change: searchChange }), done),
  /** Absent fields stay unchanged. A deleted study can be restored until it is removed. */
  describeStudy: call(
    strict({
      study,
      name: studyName.exactOptional(),
      note: studyNote.exactOptional(),
      deleted: z.boolean().exactOptional(),
    }),
    done,
  ),
  /** Removes a deleted study from the lab file; answered when it is removed. */
  removeStudy: call(strict({ study }), done),
  cancelTrial: call(strict({ study, trial }), done),
  /**
   * Has a point tried as the study's next trial. Parameters that are missing are drawn. A study at
   * its number of trials is extended by one.
   */
  enqueueTrial: call(strict({ study, params }), done),
  /** Trains the best `top` configurations again on `seeds` fresh seeds, as a study of its own. */
  confirm: call(
    strict({ study, top: z.int().min(1).max(100), seeds: z.int().min(2).max(100) }),
    /** `trials` is the number of configurations. */
    strict({ study, trials: z.int().min(1) }),
  ),
  openLab: call(strict({ source: labSource }), done),
  beginImport: call(
    strict({ source: dataSource, label: shownName, options: importOptions.partial() }),
    strict({ import: z.string() }),
  ),
  /**
   * Reads the source of a stored dataset again with other options, where the host still has it; or
   * that of an import, which the new import replaces.
   */
  importAgain: call(
    z.union([
      strict({ dataset: name, options: importOptions.partial() }),
      strict({ import: z.string(), options: importOptions.partial() }),
    ]),
    strict({ import: z.string() }),
  ),
  cancelImport: call(strict({ import: z.string() }), done),
  storeImport: call(
    strict({ import: z.string(), name, replace: z.boolean() }),
    strict({ dataset: name }),
  ),
  discardImport: call(strict({ import: z.string() }), done),
  removeDataset: call(strict({ dataset: name }), done),
  drainWorker: call(strict({ slot: z.string() }), done),
  resumeWorker: call(strict({ slot: z.string() }), done),
  /** Announces files to upload; paths are relative, with `/`. */
  beginUpload: call(
    strict({
      files: z
        .array(strict({ path: z.string().min(1).max(4096), bytes: count }))
        .min(1)
        .max(1_000_000),
    }),
    strict({ upload: z.string() }),
  ),
  discardUpload: call(strict({ upload: z.string() }), done),
  /**
   * Lets other machines join this lab, or ends it: nodes then leave. `port` null: the usual one; 0:
   * any free one.
   */
  'lab.share': call(
    strict({ on: z.boolean(), port: z.int().min(0).max(65_535).nullable().default(null) }),
    done,
  ),
  /** Answers a machine that wants to join. */
  'lab.admit': call(strict({ conversation: z.string(), yes: z.boolean() }), done),
  /** Makes an invitation, with which machines join without a question. */
  'lab.invite': call(
    strict({
      uses: z.int().min(1).max(1000),
      forMs: z.int().min(600_000).max(604_800_000).default(3_600_000),
      ephemeral: z.boolean().default(false),
    }),
    invitation,
  ),
  'node.rename': call(strict({ node, name: nodeName }), done),
  /** `now`: running trials return to the queue. */
  'node.drain': call(strict({ node, now: z.boolean().default(false) }), done),
  'node.pause': call(strict({ node }), done),
  'node.resume': call(strict({ node }), done),
  /** Removes its key: it can only join again as a new machine does. */
  'node.remove': call(strict({ node }), done),
  'node.limits': call(strict({ node, limits: useLimits }), done),
  /**
   * Joins another lab with this machine.
   * @param address an invitation; or `host` or `host:port`, several separated by commas, which are
   *   tried in their order
   */
  'join.start': call(strict({ address: z.string().trim().min(1).max(2000) }), done),
  /** Answers whether the other screen shows the same digits; `yes: false` also ends an attempt. */
  'join.agree': call(strict({ yes: z.boolean() }), done),
  'join.leave': call(nothing, done),
  /** Limits of this machine's use, by the person who sits at it. */
  'owner.limits': call(nodeLimits, done),
} as const satisfies Calls;

/** Subscriptions: a snapshot, then deltas. `output` is the schema of both bodies. */
export const subscriptions = {
  lab: call(nothing, labBody),
  study: call(strict({ study }), studyBody),
  telemetry: call(nothing, telemetryBody),
  'lab.admissions': call(nothing, admissionsBody),
  /** Looks for labs while it is open. */
  'join.seen': call(nothing, seenBody),
  'owner.state': call(nothing, ownerBody),
} as const satisfies Calls;

/** Calls that only a desktop host implements. */
export const native = {
  /** Several paths only for data; empty: the user chose nothing. */
  choosePaths: call(
    strict({
      what: z.enum([
        'dataset-file',
        'dataset-folder',
        'lab',
        'study',
        'start-file',
        'start-folder',
        'script',
      ]),
    }),
    z.array(z.string()),
  ),
  /** Shows a save dialog and writes the file; null: the user chose nothing. */
  saveFile: call(exportedFile, z.string().nullable()),
  /** Starts dragging the file out of the window. */
  dragOut: call(exportedFile, done),
  /** Reads a study file's text. */
  readStudy: call(strict({ path: z.string().min(1) }), strict({ text: z.string() })),
} as const satisfies Calls;

/** Requests of a desktop host to its window: a menu item, or a file that the system opened. */
export const acts = {
  act: call(
    nothing,
    strict({
      acts: z.array(
        z.discriminatedUnion('act', [
          strict({
            id: count,
            act: z.enum([
              'new-study',
              'open',
              'open-data',
              'export',
              'export-best',
              'pause',
              'add-trials',
              'commands',
              'settings',
              'keys',
            ]),
          }),
          strict({ id: count, act: z.literal('opened'), path: z.string() }),
          strict({ id: count, act: z.literal('tab'), tab: z.int().min(1).max(5) }),
        ]),
      ),
    }),
  ),
} as const satisfies Calls;

export type Queries = typeof queries;
export type Commands = typeof commands;
export type Subscriptions = typeof subscriptions;
export type Native = typeof native;
export type Acts = typeof acts;

/** Handlers of the application, whatever the window's host. */
export interface Endpoints {
  readonly calls: HandlersOf<Queries & Commands>;
  readonly subscriptions: SubscriptionsOf<Subscriptions>;
}

/** Additional handlers of Electron. */
export interface NativeEndpoints {
  readonly calls: HandlersOf<Native>;
  readonly subscriptions: SubscriptionsOf<Acts>;
}

export type CallName = keyof (Queries & Commands & Native);
export type CallInput<Name extends CallName> = InputOf<(Queries & Commands & Native)[Name]>;
export type CallOutput<Name extends CallName> = OutputOf<(Queries & Commands & Native)[Name]>;
export type SubscriptionName = keyof (Subscriptions & Acts);
export type SubscriptionInput<Name extends SubscriptionName> = InputOf<
  (Subscriptions & Acts)[Name]
>;
export type SubscriptionBody<Name extends SubscriptionName> = OutputOf<
  (Subscriptions & Acts)[Name]
>;
