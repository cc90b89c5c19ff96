/** A scripted window of a lab with another machine, for tests of what it shows and asks. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { NodeRow } from '../../src/protocol/window/nodes.ts';
import { launchChromium, missingChromium, offlineContext } from './chromium.ts';
import { scriptedWindow } from './scripted-window.ts';
import type { Script, ScriptedWindow } from './scripted-window.ts';
import { PATIENCE } from './window.ts';
import {
  labHead,
  nodeInventory,
  nodeRow,
  ownerBody,
  slotRow,
  studyHead,
  studyRow,
} from './window-examples.ts';

/** This machine. */
export const local = nodeRow({
  id: 'local',
  name: 'DESK',
  limits: null,
  rttMs: null,
  offsetMs: null,
});
/** The lab is shared. */
export const shared = {
  on: true,
  name: 'DESK',
  port: 47_800,
  addresses: ['192.168.1.5', 'fd00::5'],
  problem: null,
};
const slots = ['local/cpu/0', 'npixel/gpu/0/0', 'npixel/cpu/0'].map((slot) =>
  slotRow({
    slot,
    node: slot.slice(0, slot.indexOf('/')),
    device: slot.includes('gpu') ? 'gpu/0' : 'cpu',
  }),
);

export function scriptOf(nodes: readonly NodeRow[] = [local, nodeRow()]): Script {
  return {
    lab: {
      lab: labHead(),
      studies: [studyRow({ state: 'running' })],
      slots,
      nodes: [...nodes],
      sharing: shared,
      refused: [],
      attempts: [],
      gaps: [],
      imports: [],
      datasets: [],
      notes: [],
    },
    study: { head: studyHead({ state: 'running' }) },
    telemetry: {
      nodes: [nodeInventory({ node: 'local', name: 'DESK', thisMachine: true }), nodeInventory()],
      samples: [],
    },
    admissions: { admissions: [] },
    seen: { labs: [], blind: null },
    owner: ownerBody(),
  };
}

export interface NodesWindow {
  readonly host: ScriptedWindow;
  readonly page: Page;
  /** Opens the window in a profile of its own. @param at place in it */
  open(colorScheme?: 'light' | 'dark', at?: string): Promise<Page>;
  button(name: string, within?: Page | Locator): Locator;
  /** Resolves once the sentence is shown. */
  said(sentence: string, within?: Page | Locator): Promise<void>;
}

/** Environment of the tests of a file; each test starts with one other machine that is ready. */
export function nodesWindow(): NodesWindow {
  const missing = missingChromium();
  let browser: Browser | null = null;
  let scripted: ScriptedWindow | null = null;
  let context: BrowserContext | null = null;
  let shown: Page | null = null;
  const there = <T>(part: T | null): T => {
    if (part === null) throw new Error('the window is not open');
    return part;
  };
  beforeAll(async () => {
    if (missing !== null) return;
    scripted = await scriptedWindow(scriptOf());
    browser = await launchChromium();
  }, 5 * PATIENCE);
  beforeEach(async ({ skip }) => {
    skip(missing !== null, missing ?? '');
    const started = there(scripted);
    started.show(scriptOf());
    started.asked.splice(0);
    for (const name of Object.keys(started.answers)) Reflect.deleteProperty(started.answers, name);
    await context?.close();
    context = null;
  });
  afterAll(async () => {
    await browser?.close();
    await scripted?.close();
  });
  return {
    get host() {
      return there(scripted);
    },
    get page() {
      return there(shown);
    },
    async open(colorScheme = 'light', at = '#/machines') {
      const { origin, link } = there(scripted);
      ({ context } = await offlineContext(there(browser), origin, {
        colorScheme,
        permissions: ['clipboard-read', 'clipboard-write'],
      }));
      context.setDefaultTimeout(PATIENCE);
      shown = await context.newPage();
      await shown.goto(`${link}${at}`);
      await shown.getByRole('heading', { level: 1 }).first().waitFor();
      return shown;
    },
    button: (name, within = there(shown)) => within.getByRole('button', { name, exact: true }),
    said: (sentence, within = there(shown)) =>
      within.getByText(sentence, { exact: true }).first().waitFor(),
  };
}
