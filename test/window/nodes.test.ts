/** Tests what the window shows of the lab's other machines, with a scripted host. */
import { describe, expect, it } from 'vitest';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
import type { NodeRow } from '../../src/protocol/window/nodes.ts';
import { clockTime } from '../../src/renderer/format.ts';
import { nodeText } from '../../src/renderer/text/nodes.ts';
import { local, nodesWindow, scriptOf } from '../support/nodes-window.ts';
import { refusal } from '../support/scripted-window.ts';
import { PATIENCE } from '../support/window.ts';
import { nodeRow, nodeSlot, slotRow } from '../support/window-examples.ts';

const words = nodeText;
const lab = nodesWindow();
/** Text of the host about wrong values. */
const WRONG =
  '2 of its values differ from what other machines found (trial 7 of digits (loss): 2, elsewhere 3)';

describe('Window: states of a machine of the lab', () => {
  const now = Date.now();
  const busy = [57, 58, 59, null].map((trial, i) => nodeSlot(`npixel/cpu/${i}`, { trial }));
  const tonight = now + 3_600_000;
  const states: readonly (readonly [string, Partial<NodeRow>])[] = [
    [words.ready, {}],
    [words.atWork({ busy: 3, of: 4 }), { slots: busy }],
    [
      words.fetching({ name: 'cifar-10', share: '43\u202f%', from: ['DESK', 'A', 'B'] }),
      {
        datasets: [
          {
            name: 'cifar-10',
            bytes: 43,
            of: 100,
            state: 'fetching',
            from: ['DESK', 'A', 'B'],
            error: null,
          },
        ],
      },
    ],
    [
      words.goneSince({ clock: clockTime(now) }),
      { presence: 'absent', since: now, left: 'silent' },
    ],
    [words.left, { presence: 'absent', since: now, left: 'owner' }],
    [words.notYet, { presence: 'absent', since: null }],
    [words.draining({ trials: 3 }), { mode: 'draining', by: 'user', slots: busy }],
    [words.drained, { mode: 'drained', by: 'user' }],
    [words.pausedHere, { mode: 'paused', by: 'user' }],
    [words.pausedByOwner, { mode: 'paused', by: 'owner' }],
    [words.held({ why: null }), { slots: [nodeSlot('npixel/cpu/0', { state: 'held' })] }],
    [words.offUntil({ clock: clockTime(tonight) }), { hoursFrom: tonight }],
    [
      words.version({
        node: 'PIXEL',
        own: { low: 1, high: 1 },
        lab: { low: 2, high: 3 },
        updateHere: false,
      }),
      {
        refusals: [
          {
            reason: 'version',
            data: { node: { low: 1, high: 1 }, lab: { low: 2, high: 3 } },
          },
        ],
      },
    ],
    [
      words.arithmetic({ release: '0.3' }),
      { refusals: [{ reason: 'arithmetic', data: { release: '0.3' } }] },
    ],
    [
      words.otherPackages({ study: 'mine', differences: 'torch 2.4 (host 2.6)' }),
      {
        packages: [{ study: 'mine', differences: [{ name: 'torch', there: '2.4', here: '2.6' }] }],
      },
    ],
    [WRONG, { refusals: [{ reason: 'mismatches', data: { text: WRONG, count: 2 } }] }],
    [
      words.pausedByHost({ why: WRONG }),
      {
        mode: 'paused',
        by: 'user',
        refusals: [{ reason: 'pausedByHost', data: { text: WRONG } }],
      },
    ],
    [
      words.lacks({ name: 'cifar-10', why: 'disk full, 2.1 GB needed, 0.4 free' }),
      {
        datasets: [
          {
            name: 'cifar-10',
            bytes: 0,
            of: 100,
            state: 'paused',
            from: [],
            error: 'disk full, 2.1 GB needed, 0.4 free',
          },
        ],
      },
    ],
  ];

  it(
    'says each state in its words on Machines and in Lab, without a reload',
    async () => {
      await lab.open();
      for (const place of ['#/machines', '#/study/a/lab']) {
        await lab.page.evaluate((hash) => (location.hash = hash), place);
        const section = lab.page.getByRole('region', { name: 'PIXEL' });
        await section.waitFor();
        for (const [sentence, given] of states) {
          lab.host.show(scriptOf([local, nodeRow(given)]));
          await lab.said(sentence, section);
        }
      }
    },
    3 * PATIENCE,
  );

  it('counts the silence of a machine, and says that its trials run elsewhere too', async () => {
    await lab.open();
    const since = Date.now() - 12_000;
    lab.host.show(scriptOf([local, nodeRow({ presence: 'away', since, slots: busy })]));
    const section = lab.page.getByRole('region', { name: 'PIXEL' });
    const sentence = words.away({ time: '#', trials: 3 }).split('#');
    await section.getByText(sentence[0] ?? '').waitFor();
    const shown = await section.getByText(sentence[0] ?? '').textContent();
    expect(shown).toContain(sentence[1]);
  });

  it('says how long a machine that failed alone stays in quarantine', async () => {
    await lab.open();
    const data = { trials: 3, detail: 'out of memory', untilMs: Date.now() + 48_000 };
    lab.host.show(scriptOf([local, nodeRow({ refusals: [{ reason: 'quarantined', data }] })]));
    await lab.page
      .getByText(/^Failed 3 trials that succeeded elsewhere: out of memory\./)
      .waitFor();
  });

  it('names rows of the timeline and of workers by the machine, not by its id', async () => {
    await lab.open('light', '#/study/a/lab');
    await lab.page.getByRole('rowheader', { name: 'PIXEL', exact: true }).waitFor();
    expect(await lab.page.locator('body').innerText()).not.toContain('npixel');
  });

  it('marks the later attempt of a trial that runs on two machines', async () => {
    const running = (attemptNumber: number) => [{ study: 'a', trial: 7, attemptNumber, lane: 0 }];
    const script = scriptOf();
    script.lab.slots = [
      slotRow({ slot: 'local/cpu/0', running: running(1) }),
      slotRow({ slot: 'npixel/cpu/0', node: 'npixel', running: running(2) }),
    ];
    lab.host.show(script);
    await lab.open('light', '#/study/a/lab');
    await lab.page
      .getByText(words.alsoOn({ node: 'PIXEL' }))
      .first()
      .waitFor();
    await lab.page.getByText(words.secondAttempt).first().waitFor();
  });

  it('says the limits of this machine beside its hardware, and when its hours begin', async () => {
    const hours = { from: 20, to: 9 };
    const hoursFrom = Date.now() + 3_600_000;
    const limits = { ...NO_LIMITS, hours };
    lab.host.show(
      scriptOf([{ ...local, limits, mode: 'paused', by: 'owner', hoursFrom }, nodeRow()]),
    );
    await lab.open();
    const off = words.offUntil({ clock: clockTime(hoursFrom) });
    await lab.said(
      `${words.hoursSaid(hours)}. ${off}`,
      lab.page.getByRole('region', { name: 'DESK' }),
    );
  });

  it('names who was refused, and how often', async () => {
    await lab.open();
    const script = scriptOf();
    script.lab.refused = [
      { address: '10.0.0.7', reason: 'unknown-key', times: 40, at: Date.now() },
    ];
    lab.host.show(script);
    await lab.said(words.refused({ address: '10.0.0.7', times: 40 }));
  });
});

describe('Window: actions on a machine of the lab', () => {
  const act = async (name: string): Promise<void> => {
    await lab.button(words.menu({ node: 'PIXEL' })).click();
    await lab.page.getByRole('menuitem', { name, exact: false }).first().click();
  };

  it('pauses, resumes and drains it, with the keyboard too', async () => {
    await lab.open();
    await lab.button(words.menu({ node: 'PIXEL' })).focus();
    await lab.page.keyboard.press('Enter');
    await lab.page.getByRole('menuitem', { name: words.pause, exact: true }).waitFor();
    await lab.page.keyboard.press('Enter');
    await lab.said(words.pausedSaid({ node: 'PIXEL' }));
    await act(words.drainNow);
    await lab.said(words.drainedSaid({ node: 'PIXEL' }));
    lab.host.show(scriptOf([local, nodeRow({ mode: 'drained', by: 'user' })]));
    await lab.said(words.drained);
    await act(words.resume);
    await lab.said(words.resumed({ node: 'PIXEL' }));
    expect(lab.host.asked).toEqual([
      { name: 'node.pause', input: { node: 'npixel' } },
      { name: 'node.drain', input: { node: 'npixel', now: true } },
      { name: 'node.resume', input: { node: 'npixel' } },
    ]);
  });

  it('cannot resume what its owner paused', async () => {
    lab.host.show(scriptOf([local, nodeRow({ mode: 'paused', by: 'owner' })]));
    await lab.open();
    await lab.button(words.menu({ node: 'PIXEL' })).click();
    const item = lab.page.getByRole('menuitem', { name: words.resume });
    expect(await item.getAttribute('aria-disabled')).toBe('true');
    expect(await item.textContent()).toContain(words.onlyOwner);
  });

  it('renames it, and removes it only after a question that says what follows', async () => {
    await lab.open();
    await act(words.rename);
    const rename = lab.page.getByRole('dialog', { name: words.renameTitle({ node: 'PIXEL' }) });
    await rename.getByLabel(words.renameField).fill('Lab 2');
    await lab.button(words.save, rename).click();
    await rename.waitFor({ state: 'detached' });
    await act(words.remove);
    const remove = lab.page.getByRole('dialog', { name: words.removeTitle({ node: 'PIXEL' }) });
    await lab.button(words.removeKeep, remove).click();
    await remove.waitFor({ state: 'detached' });
    expect(lab.host.asked).toEqual([
      { name: 'node.rename', input: { node: 'npixel', name: 'Lab 2' } },
    ]);
    await act(words.remove);
    await lab.button(words.remove, remove).click();
    await lab.said(words.removed({ node: 'PIXEL' }));
    expect(lab.host.asked.at(-1)).toEqual({ name: 'node.remove', input: { node: 'npixel' } });
  });

  it('limits its devices and hours', async () => {
    await lab.open();
    await act(words.setLimits);
    const dialog = lab.page.getByRole('dialog', { name: words.limitsTitle({ node: 'PIXEL' }) });
    await dialog.getByRole('checkbox', { name: 'CPU' }).uncheck();
    await dialog.getByRole('radio', { name: words.between }).check();
    await dialog.getByLabel(words.from, { exact: true }).selectOption('20');
    await dialog.getByRole('checkbox', { name: words.whenIdle }).check();
    await lab.button(words.save, dialog).click();
    await lab.said(words.saved);
    expect(lab.host.asked).toEqual([
      {
        name: 'node.limits',
        input: {
          node: 'npixel',
          limits: { devices: ['gpu/0'], hours: { from: 20, to: 9 }, whenIdle: true },
        },
      },
    ]);
  });

  it('says why an action failed', async () => {
    lab.host.answers['node.pause'] = refusal('unknown-node', 'there is no machine npixel');
    await lab.open();
    await act(words.pause);
    await lab.page.getByRole('alert').filter({ hasText: 'not in the lab' }).waitFor();
  });
});
