/** Tests sharing the lab and joining another one in the window, with a scripted host. */
import { describe, expect, it } from 'vitest';
import type { Admission, OwnerBody } from '../../src/protocol/window/nodes.ts';
import { clockTime } from '../../src/renderer/format.ts';
import { text } from '../../src/renderer/text.ts';
import { nodeText } from '../../src/renderer/text/nodes.ts';
import { looker } from '../support/axe.ts';
import { local, nodesWindow, scriptOf, shared } from '../support/nodes-window.ts';
import { refusal } from '../support/scripted-window.ts';
import { PATIENCE } from '../support/window.ts';
import { nodeRow, ownerBody } from '../support/window-examples.ts';

const words = nodeText;
const lab = nodesWindow();
const admission: Admission = {
  conversation: 'c1',
  name: 'PIXEL',
  address: '192.168.1.7',
  digits: '257970',
  since: 0,
  agreed: false,
  ended: null,
};

describe('Window: sharing the lab', () => {
  it('is off at first, says that nothing listens, and shares on the chosen port', async () => {
    const script = scriptOf([local]);
    const off = { ...shared, on: false, addresses: [] };
    script.lab.sharing = off;
    lab.host.show(script);
    await lab.open();
    await lab.button(words.share).click();
    const dialog = lab.page.getByRole('dialog', { name: words.shareTitle });
    await lab.said(words.shareOff, dialog);
    await dialog.getByLabel(words.port).fill('99999');
    await lab.said(words.portWrong, dialog);
    expect(await lab.button(words.startSharing, dialog).isDisabled()).toBe(true);
    await dialog.getByLabel(words.port).fill('4780');
    await lab.button(words.startSharing, dialog).click();
    await expect
      .poll(() => lab.host.asked)
      .toEqual([{ name: 'lab.share', input: { on: true, port: 4780 } }]);
    lab.host.show(scriptOf([local]));
    await lab.said('192.168.1.5:47800', dialog);
    await lab.said('[fd00::5]:47800', dialog);
    await lab.button(words.stopSharing, dialog).click();
    await expect
      .poll(() => lab.host.asked.at(-1))
      .toEqual({ name: 'lab.share', input: { on: false, port: null } });
  });

  it('says that the port is taken, where the user chose it', async () => {
    const script = scriptOf([local]);
    script.lab.sharing = { ...shared, on: false };
    lab.host.show(script);
    lab.host.answers['lab.share'] = refusal(
      'port-taken',
      'port 47800 is in use: choose another one',
    );
    await lab.open();
    await lab.button(words.share).click();
    const dialog = lab.page.getByRole('dialog', { name: words.shareTitle });
    await lab.button(words.startSharing, dialog).click();
    await dialog.getByRole('alert').filter({ hasText: 'port 47800 is in use' }).waitFor();
  });

  it('makes an invitation to copy, and says for how many machines and until when', async () => {
    const until = Date.now() + 3_600_000;
    const invitation = 'galapagos-join:abcdefg';
    lab.host.answers['lab.invite'] = () => ({ invitation, until, uses: 3 });
    await lab.open();
    await lab.button(words.sharing).click();
    const dialog = lab.page.getByRole('dialog', { name: words.shareTitle });
    await dialog.getByLabel(words.inviteUses).fill('3');
    await lab.button(words.invite, dialog).click();
    expect(await dialog.getByLabel(words.invitation).inputValue()).toBe(invitation);
    await dialog.getByText(words.invitationFor({ uses: 3, clock: clockTime(until) })).waitFor();
    await lab.button(words.copy, dialog).click();
    await dialog.getByText(words.copied).waitFor();
    expect(await lab.page.evaluate(() => navigator.clipboard.readText())).toBe(invitation);
    expect(lab.host.asked[0]?.input).toMatchObject({ uses: 3 });
  });

  it('asks on every page whether the other screen shows the digits, and says how it ended', async () => {
    await lab.open('light', '#/settings');
    lab.host.show({ admissions: { admissions: [admission] } });
    const question = lab.page.getByRole('alert').filter({ hasText: 'PIXEL' });
    await question.waitFor();
    expect(await question.textContent()).toContain('257 970');
    await lab.button(words.letIn, question).click();
    await expect
      .poll(() => lab.host.asked)
      .toEqual([{ name: 'lab.admit', input: { conversation: 'c1', yes: true } }]);
    lab.host.show({ admissions: { admissions: [{ ...admission, agreed: true }] } });
    await lab.said(words.nowSayYesThere({ node: 'PIXEL' }));
    lab.host.show({ admissions: { admissions: [{ ...admission, ended: 'mismatch' }] } });
    await lab.said(words.pairingEnded.mismatch());
    await lab.button(text.close).click();
    await lab.page.getByText(words.pairingEnded.mismatch()).waitFor({ state: 'detached' });
  });
});

describe('Window: joining another lab', () => {
  const joining = (given: Partial<OwnerBody>): void => lab.host.show({ owner: ownerBody(given) });

  it('goes from a seen lab over the digits to work, and leaves after a second question', async () => {
    lab.host.show({
      seen: {
        labs: [
          {
            host: 'h1',
            name: 'lab.db on DESK',
            addresses: ['192.168.1.5:47800', '[fd00::5]:47800'],
            seenAt: Date.now(),
            compatible: true,
          },
          { host: 'h2', name: 'OLD', addresses: [], seenAt: null, compatible: false },
        ],
        blind: null,
      },
    });
    await lab.open();
    await lab.button(words.join).click();
    const dialog = lab.page.getByRole('dialog', { name: words.joinTitle });
    expect(await lab.button(words.joinNamed({ name: 'OLD' }), dialog).isDisabled()).toBe(true);
    await lab.button(words.joinNamed({ name: 'lab.db on DESK' }), dialog).click();
    await expect
      .poll(() => lab.host.asked)
      .toEqual([{ name: 'join.start', input: { address: '192.168.1.5:47800,[fd00::5]:47800' } }]);
    joining({ phase: 'connecting', address: '192.168.1.5:47800' });
    await lab.said(words.asking({ host: '192.168.1.5:47800' }), dialog);
    joining({ phase: 'digits', host: 'DESK', digits: '257970' });
    await lab.said('257 970', dialog);
    await lab.button(words.yesJoin, dialog).click();
    await expect
      .poll(() => lab.host.asked.at(-1))
      .toEqual({ name: 'join.agree', input: { yes: true } });
    joining({ phase: 'waiting', host: 'DESK', digits: '257970' });
    await lab.said(words.nowSayYesThere({ node: 'DESK' }), dialog);
    const link = { up: true, since: Date.now() };
    joining({ phase: 'joined', host: 'DESK', lab: 'lab.db', link, running: 2 });
    await lab.said(words.worksFor({ lab: 'lab.db', host: 'DESK' }), dialog);
    await lab.said(words.linkUp({ trials: 2 }), dialog);
    await lab.button(words.pauseHere, dialog).click();
    await expect
      .poll(() => lab.host.asked.at(-1))
      .toMatchObject({ name: 'owner.limits', input: { paused: true } });
    await lab.button(words.leave, dialog).click();
    await lab.said(words.leaveWhat({ host: 'DESK' }), dialog);
    await lab.button(words.leaveNow, dialog).click();
    await expect.poll(() => lab.host.asked.at(-1)).toEqual({ name: 'join.leave', input: {} });
  });

  it('says why no lab is found by itself, and still takes an address', async () => {
    const why = 'this machine is connected to no network';
    lab.host.show({ ...scriptOf(), seen: { labs: [], blind: why } });
    await lab.open();
    await lab.button(words.join).click();
    const dialog = lab.page.getByRole('dialog', { name: words.joinTitle });
    await lab.said(words.blind({ why }), dialog);
    await dialog.getByLabel(words.byHand).fill('desk:47800');
    await lab.page.keyboard.press('Enter');
    await expect.poll(() => lab.host.asked.map(({ name }) => name)).toEqual(['join.start']);
  });

  it('takes an address or an invitation by hand, and ends a question with No', async () => {
    await lab.open();
    await lab.button(words.join).click();
    const dialog = lab.page.getByRole('dialog', { name: words.joinTitle });
    await lab.said(words.looking, dialog);
    await dialog.getByLabel(words.byHand).fill('desk:47800');
    await lab.page.keyboard.press('Enter');
    await expect
      .poll(() => lab.host.asked)
      .toEqual([{ name: 'join.start', input: { address: 'desk:47800' } }]);
    joining({ phase: 'digits', host: 'DESK', digits: '257970' });
    await lab.button(words.no, dialog).click();
    await expect
      .poll(() => lab.host.asked.at(-1))
      .toEqual({ name: 'join.agree', input: { yes: false } });
  });

  it('joins by an invitation that is pasted with the blanks and line ends of a message', async () => {
    await lab.open();
    const invitation = `galapagos-join:${'abcdefg2'.repeat(30)}`;
    await lab.page.evaluate((text) => navigator.clipboard.writeText(text), `${invitation}\n`);
    await lab.button(words.join).click();
    const dialog = lab.page.getByRole('dialog', { name: words.joinTitle });
    await dialog.getByLabel(words.byHand).focus();
    await lab.page.keyboard.press('ControlOrMeta+v');
    await lab.page.keyboard.press('Enter');
    await expect
      .poll(() => lab.host.asked.at(-1)?.input)
      .toSatisfy((input) => (input as { address?: string }).address?.trim() === invitation);
    joining({ phase: 'connecting', address: null });
    await lab.said(words.asking({ host: words.theHost }), dialog);
  });

  it('says why joining failed, each reason in its words', async () => {
    await lab.open();
    await lab.button(words.join).click();
    const dialog = lab.page.getByRole('dialog', { name: words.joinTitle });
    for (const [reason, sentence] of Object.entries(words.joinFailed)) {
      joining({ phase: 'failed', host: 'DESK', reason: { reason, data: {} } });
      await lab.said(sentence({ host: 'DESK' }), dialog);
    }
    joining({ cannotJoin: 'there is no Node here' });
    await lab.said('there is no Node here', dialog);
  });

  it('says that the host does not answer, and keeps the limits of this machine in Settings', async () => {
    const link = { up: false, since: Date.now() };
    joining({ phase: 'joined', host: 'DESK', link });
    await lab.open();
    await lab.button(words.joinedLab).click();
    const dialog = lab.page.getByRole('dialog', { name: words.joinedLab });
    await lab.said(words.linkDown({ time: clockTime(link.since, true), host: 'DESK' }), dialog);
    await lab.button(words.openLimits, dialog).click();
    await lab.page.getByRole('heading', { name: words.thisMachine, exact: true }).waitFor();
    await lab.page.getByRole('checkbox', { name: 'GPU 0' }).uncheck();
    await lab.button(words.save).click();
    await expect
      .poll(() => lab.host.asked.at(-1))
      .toMatchObject({ name: 'owner.limits', input: { devices: ['cpu'], paused: false } });
  });

  it('offers hours where use of the machine is not noticed', async () => {
    joining({ idleSource: null, idleUnknown: 'Wayland does not tell it' });
    await lab.open('light', '#/settings');
    expect(await lab.page.getByRole('checkbox', { name: words.whenIdle }).isDisabled()).toBe(true);
    await lab.said(words.whenIdleUnknown({ why: 'Wayland does not tell it' }));
  });
});

describe.each(['light', 'dark'] as const)(
  'Window: accessibility of machines in the %s scheme',
  (scheme) => {
    it(
      'has no axe-core violation on Machines, in Lab, in Settings and in the dialogs',
      async () => {
        const since = Date.now();
        const script = scriptOf([
          local,
          nodeRow({
            datasets: [
              { name: 'cifar-10', bytes: 1, of: 2, state: 'fetching', from: ['DESK'], error: null },
            ],
            refusals: [{ reason: 'arithmetic', data: {} }],
          }),
          nodeRow({ id: 'naway', name: 'AWAY', presence: 'away', since }),
          nodeRow({ id: 'npaused', name: 'PAUSED', mode: 'paused', by: 'owner' }),
        ]);
        script.lab.refused = [{ address: '10.0.0.7', reason: 'unknown-key', times: 2, at: since }];
        script.admissions = { admissions: [admission] };
        lab.host.show(script);
        await lab.open(scheme);
        const { found, look } = looker(lab.page);
        await lab.page.getByText('257 970').waitFor();
        await look('machines');
        await lab.page.evaluate(() => (location.hash = '#/study/a/lab'));
        await lab.page.getByRole('region', { name: 'AWAY' }).waitFor();
        await look('lab');
        await lab.button(words.sharing).click();
        await lab.page.getByRole('dialog').waitFor();
        await look('sharing');
        await lab.page.keyboard.press('Escape');
        await lab.button(words.join).click();
        await lab.page.getByRole('dialog').waitFor();
        await look('joining');
        lab.host.show({ owner: ownerBody({ phase: 'digits', host: 'DESK', digits: '257970' }) });
        await lab.page.getByText(words.doesShow({ host: 'DESK' })).waitFor();
        await look('digits');
        await lab.page.keyboard.press('Escape');
        await lab.page.evaluate(() => (location.hash = '#/settings'));
        await lab.page.getByText(words.courtesy).waitFor();
        await look('settings');
        expect(found).toEqual({});
      },
      2 * PATIENCE,
    );
  },
);
