/** Pieces of tests that let nodes, links and the host of a shared lab fail. */
import type { TestContext } from 'vitest';
import { built } from './built-command.ts';
import { whyNoBed } from './lab-bed.ts';
import type { HostName } from './lab-bed.ts';
import { LabCommands } from './lab-commands.ts';
import type { EventCommand, PrintedEvent } from './lab-commands.ts';
import { skipIf } from './platform.ts';

const building = whyNoBed === null ? built() : undefined;

/** Runs a test in a lab of `count` hosts, which is closed afterwards. */
export function inLab(
  count: number,
  test: (lab: LabCommands) => Promise<void>,
  whyNot: () => string | null = () => whyNoBed,
): (context: TestContext) => Promise<void> {
  return async (context) => {
    skipIf(whyNot(), context);
    await building;
    const lab = await LabCommands.make(count);
    try {
      await test(lab);
    } finally {
      await lab.close();
    }
  };
}

export const startedOn =
  (node: string) =>
  ({ event, slot }: PrintedEvent): boolean =>
    event === 'trialStarted' && String(slot).startsWith(node);

export const endedOn =
  (node: string) =>
  ({ event, slot }: PrintedEvent): boolean =>
    event === 'trialEnded' && String(slot).startsWith(node);

/** Returns whether the event says this of a node. */
export const nodeIs =
  (words: string) =>
  ({ event, text }: PrintedEvent): boolean =>
    event === 'node' && String(text).includes(words);

/** Starts a node that joins by an invitation. @returns the node and its id */
export async function join(
  lab: LabCommands,
  name: HostName,
  env: Readonly<Record<string, string>> = {},
): Promise<[EventCommand, string]> {
  const node = lab.startNode(name, await lab.invite(), [], { env });
  const joined = await node.until(({ event }) => event === 'joined');
  return [node, String(joined['node'])];
}
