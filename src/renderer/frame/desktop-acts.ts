/**
 * Carries out requests from the desktop's menus and the operating system, each once, as the command
 * of that name.
 */
import type { SubscriptionBody } from '../../protocol/endpoints.ts';
import type { App } from '../state/app.svelte.ts';
import { takenOfPaths } from '../take-in/dropped.ts';
import { takeIn } from '../take-in/take-in.ts';
import type { Command } from './commands.ts';
import type { CommandName } from './keys.ts';

type Act = SubscriptionBody<'act'>['acts'][number];
type Named = Exclude<Act['act'], 'opened' | 'tab'>;

const commandOf: Readonly<Record<Named, CommandName>> = {
  'new-study': 'new-study',
  open: 'open-lab',
  'open-data': 'open-data',
  export: 'export-best',
  'export-best': 'export-best',
  pause: 'pause-resume',
  'add-trials': 'add',
  commands: 'commands',
  settings: 'settings',
  keys: 'keys',
};

/** @returns a function that ends the subscription */
export function followDesktop(app: App, commands: () => readonly Command[]): () => void {
  if (app.client.host !== 'electron') return () => undefined;
  let last = -1;
  return app.client.subscribe(
    'act',
    {},
    {
      on: ({ acts }) => {
        for (const act of acts) {
          // A snapshot may repeat requests that have been carried out.
          if (act.id <= last) continue;
          last = act.id;
          carryOut(app, act, commands());
        }
      },
    },
  );
}

function carryOut(app: App, act: Act, commands: readonly Command[]): void {
  if (act.act === 'opened') {
    void takeIn(app, takenOfPaths([act.path]));
    return;
  }
  const name = act.act === 'tab' ? `tab-${act.tab}` : commandOf[act.act];
  commands.find((command) => command.name === name)?.run();
}
