/**
 * Entry of a worker process, a plain Node process that serves one slot: reads its settings,
 * connects, and assembles session, transport, clock and memory watch. Exits with its parent
 * process.
 */
import { WORKER_SETTINGS, parseWorkerSettings } from '../protocol/worker-settings.ts';
import type { WorkerNote, WorkerSettings } from '../protocol/worker-settings.ts';
import { objectiveKind } from '../objectives/registry.ts';
import { Gate } from '../runtime/gate.ts';
import { announceLongCalls } from '../runtime/long-call.ts';
import { startWatchdog } from '../runtime/watchdog.ts';
import { ZeromqWorker } from '../transport/zeromq.ts';
import { createRunner } from './attempt.ts';
import { watchChannel } from './channel-watch.ts';
import { WorkerSession } from './session.ts';

/** Exit code of a worker that has lost its device, or whose device hangs. */
const DEVICE_FAILED = 3;

function readSettings(): WorkerSettings {
  try {
    return parseWorkerSettings(process.env[WORKER_SETTINGS]);
  } catch (error) {
    process.stderr.write(
      `galapagos worker: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(2);
  }
}

function start(settings: WorkerSettings): void {
  const {
    controlEndpoint,
    token,
    slot,
    incarnation,
    device,
    memoryLimitBytes,
    threads,
    resources,
    userFolder,
    parent,
  } = settings;
  process.title = `galapagos worker ${slot}`;
  startWatchdog({ name: `galapagos worker ${slot}`, parent });
  const transport = new ZeromqWorker({ controlEndpoint, token, slot, incarnation });
  let ticking: NodeJS.Timeout | undefined;
  let ending = false;

  const log = (text: string): void => {
    process.stderr.write(`galapagos worker ${slot}: ${text}\n`);
  };

  const end = async (code: number, text: string | null): Promise<void> => {
    if (ending) return;
    ending = true;
    clearInterval(ticking);
    if (text !== null) log(text);
    await transport.close();
    process.exit(code);
  };

  const gate = new Gate();
  const session: WorkerSession = new WorkerSession(
    { slot, incarnation, device: device.id, lanes: device.lanes, memoryBytes: memoryLimitBytes },
    {
      sendControl: (message) => transport.sendControl(message),
      sendResult: (message) => transport.sendResult(message),
      joinSession: (tasks, results) => transport.joinSession(tasks, results),
      tickEach: (ms) => {
        clearInterval(ticking);
        ticking = setInterval(tick, ms);
      },
      exit: (code, text) => void end(code, text),
      warn: log,
    },
    createRunner(
      {
        slot,
        device,
        resources,
        userFolder,
        ...(threads === undefined ? {} : { threads }),
        labPrograms: settings.labPrograms === true,
        sendOutput: (attempt, from, bytes) => session.sendOutput(attempt, from, bytes),
        log,
        gate,
      },
      (error) => {
        void end(DEVICE_FAILED, error.message);
      },
    ),
    () => performance.now(),
    gate,
    ({ objective }) => objectiveKind(objective.kind)?.sideBySide(objective) ?? false,
  );

  announceLongCalls((mostMs) => session.announce(mostMs));

  /**
   * Ends running attempts as out of memory and exits. A fresh process serves the next attempts,
   * because memory once allocated is rarely returned.
   */
  async function endForMemory(rssBytes: number): Promise<void> {
    await session.halt('outOfMemory');
    await end(1, `resident memory of ${rssBytes} bytes passed the limit of ${memoryLimitBytes}`);
  }

  function tick(): void {
    const rssBytes = process.memoryUsage.rss();
    const note: WorkerNote = { rssPeakBytes: process.resourceUsage().maxRSS * 1024 };
    // A lost note is harmless; the channel watch notices a lost parent.
    if (process.connected) process.send?.(note, undefined, undefined, () => undefined);
    session.tick(rssBytes);
    if (rssBytes > memoryLimitBytes) void endForMemory(rssBytes);
  }

  transport.onMessage(
    (message) => session.control(message),
    (message) => session.task(message),
    (error) => log(`the coordinator sent what this worker does not know: ${error}`),
  );
  // The parent process handles Ctrl-C and decides about running attempts.
  process.on('SIGINT', () => undefined);
  watchChannel(() => process.exit(1));
  session.start();
}

start(readSettings());
