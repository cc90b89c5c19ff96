/** Tests that the first screen leaves deleted studies and joined machines within reach. */
import { describe, expect, it } from 'vitest';
import { text } from '../../src/renderer/text.ts';
import { local, nodesWindow, scriptOf } from '../support/nodes-window.ts';
import { studyRow } from '../support/window-examples.ts';

const lab = nodesWindow();
const words = text.studyChanges;

/** A lab with these studies and machines, at the first screen. */
async function start(deleted: boolean, nodes = [local]): Promise<void> {
  const script = scriptOf(nodes);
  script.lab.studies = deleted ? [studyRow({ name: 'digits', state: 'finished', deleted })] : [];
  lab.host.show(script);
  await lab.open('light', '#/');
  await lab.page.getByRole('heading', { level: 1, name: text.start.title }).waitFor();
}

describe('Window: first screen', () => {
  it('fills the window of a lab without studies and machines', async () => {
    await start(false);
    expect(await lab.page.getByRole('navigation', { name: text.rail.label }).count()).toBe(0);
    expect(await lab.page.getByRole('main').count()).toBe(1);
  });

  it('is beside the deleted studies where none is left', async () => {
    await start(true);
    await lab.page.getByText(words.deletedStudies({ count: 1 }), { exact: true }).click();
    await lab.button(words.removeNamed({ name: 'digits' })).click();
    const dialog = lab.page.getByRole('dialog', { name: words.removeTitle({ name: 'digits' }) });
    await lab.button(words.removeForGood, dialog).click();
    await expect.poll(() => lab.host.asked.some(({ name }) => name === 'removeStudy')).toBe(true);
    expect(await lab.page.getByRole('main').count()).toBe(1);
  });

  it('is beside the machines where others have joined', async () => {
    await start(false, scriptOf().lab.nodes);
    const rail = lab.page.getByRole('navigation', { name: text.rail.label });
    await rail.getByRole('button', { name: new RegExp(`^${text.rail.machines}`) }).click();
    await lab.page.getByRole('region', { name: 'PIXEL' }).waitFor();
  });
});
