/** Tests two programs with a window each: one shares its lab, the other joins it with digits. */
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Application } from '../../src/endpoints/application.ts';
import { answer } from '../../src/endpoints/calls/answer.ts';
import { createEndpoints } from '../../src/endpoints/create-endpoints.ts';
import { commands, queries } from '../../src/protocol/endpoints.ts';
import type { Invitation, NodeRow, OwnerBody } from '../../src/protocol/window/nodes.ts';
import type { NodeInventory } from '../../src/protocol/window/telemetry.ts';
import { sphere } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Connection, context } from '../support/window-client.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const LONG = 300_000;

interface Program {
  readonly app: Application;
  readonly window: Connection;
  readonly call: (name: string, input: unknown) => Promise<unknown>;
}

const open: Program[] = [];
afterEach(async () => {
  for (const { app, window } of open.splice(0).reverse()) {
    window.close();
    await app.close();
  }
}, LONG);

async function program(name: string): Promise<Program> {
  const app = await createEndpoints({
    resources: join(import.meta.dirname, '../../resources'),
    userFolder: folder.file(name),
    lab: folder.file(`${name}.db`),
    workers: 0,
    cards: [],
    host: 'server',
    version: '0',
    checkAfterMs: 0,
  });
  const call = async (called: string, input: unknown): Promise<unknown> => {
    const table = { ...queries, ...commands };
    const answered = await answer(table, app.endpoints.calls, called, input, context);
    if (!answered.ok) throw Object.assign(new Error(answered.error.code), answered.error);
    return answered.value;
  };
  const opened = { app, window: new Connection(app.endpoints), call };
  open.push(opened);
  return opened;
}

describe('Lab: joining from another window', () => {
  it(
    'admits a machine once both people have compared the digits, gives it work, and removes it',
    async () => {
      const [desk, pixel] = [await program('desk'), await program('pixel')];
      const [lab, asked, owner] = [
        desk.window.lab(),
        desk.window.bodies('lab.admissions'),
        pixel.window.bodies('owner.state'),
      ];
      const owned = (): OwnerBody | undefined => owner.at(-1);
      const node = (): NodeRow | undefined => lab.body.nodes?.[1];
      await desk.call('lab.share', { on: true, port: 0 });
      await desk.window.until(() => lab.body.sharing?.on === true);
      const { port } = desk.app.sharing;

      // The first address does not answer.
      await pixel.call('join.start', { address: `127.0.0.1:1,127.0.0.1:${port}` });
      await pixel.window.until(() => ['digits', 'failed'].includes(owned()?.phase ?? ''));
      expect(owned()).toMatchObject({ phase: 'digits', reason: null });
      await desk.window.until(() => (asked.at(-1)?.admissions.length ?? 0) > 0);
      const [admission] = asked.at(-1)?.admissions ?? [];
      expect(admission?.digits).toBe(owned()?.digits);

      await pixel.call('join.agree', { yes: true });
      await pixel.window.until(() => owned()?.phase === 'waiting');
      expect(node()).toBeUndefined();
      const { conversation = '' } = admission ?? {};
      await desk.call('lab.admit', { conversation, yes: true });
      await pixel.window.until(() => owned()?.link?.up === true);
      await desk.window.until(() => node()?.presence === 'present');
      expect(owned()).toMatchObject({ phase: 'joined', reason: null });
      expect(node()).toMatchObject({ mode: 'open', by: null });

      const { study } = (await desk.call('startStudy', { study: sphere(6), workers: null })) as {
        study: string;
      };
      await desk.window.until(
        () => lab.body.studies?.find(({ key }) => key === study)?.state === 'finished',
      );
      const ran = [...lab.attempts.values()].map(({ slot }) => slot.split('/')[0]);
      expect(new Set(ran)).toEqual(new Set([node()?.id]));

      await desk.call('node.pause', { node: node()?.id });
      await desk.window.until(() => node()?.mode === 'paused');
      expect(node()?.by).toBe('user');
      await desk.call('node.resume', { node: node()?.id });
      await desk.window.until(() => node()?.mode === 'open');
      await desk.call('node.remove', { node: node()?.id });
      await desk.window.until(() => lab.body.nodes?.length === 1);
      await pixel.window.until(() => owned()?.phase === 'failed');
      expect(owned()?.reason).toMatchObject({ reason: 'removed' });
    },
    LONG,
  );

  it(
    'admits nobody when a person says that the digits differ, and tells both',
    async () => {
      const [desk, pixel] = [await program('desk-2'), await program('pixel-2')];
      const [lab, asked, owner] = [
        desk.window.lab(),
        desk.window.bodies('lab.admissions'),
        pixel.window.bodies('owner.state'),
      ];
      await desk.call('lab.share', { on: true, port: 0 });
      const { port } = desk.app.sharing;
      await pixel.call('join.start', { address: `127.0.0.1:${port}` });
      await pixel.window.until(() => owner.at(-1)?.phase === 'digits');
      await pixel.call('join.agree', { yes: false });
      await pixel.window.until(() => owner.at(-1)?.phase === 'failed');
      expect(owner.at(-1)?.reason).toMatchObject({ reason: 'declined' });
      await desk.window.until(() => asked.at(-1)?.admissions[0]?.ended !== null);
      expect(asked.at(-1)?.admissions[0]).toMatchObject({ ended: 'refused' });
      expect(lab.body.nodes).toHaveLength(1);
    },
    LONG,
  );

  it(
    'admits a machine by a pasted invitation, and shows it as asleep until it has woken',
    async () => {
      const [desk, pixel] = [await program('desk-3'), await program('pixel-3')];
      const [lab, owner] = [desk.window.lab(), pixel.window.bodies('owner.state')];
      const told = desk.window.bodies('telemetry');
      const node = (): NodeRow | undefined => lab.body.nodes?.[1];
      await desk.call('lab.share', { on: true, port: 0 });
      const { invitation } = (await desk.call('lab.invite', { uses: 1 })) as Invitation;
      await pixel.call('join.start', { address: ` ${invitation}\n` });
      await pixel.window.until(() => owner.at(-1)?.link?.up === true);
      await desk.window.until(() => node()?.presence === 'present');
      expect(owner.at(-1)).toMatchObject({ phase: 'joined', reason: null });

      // A node connects before its hardware is known.
      const inventory = (): NodeInventory | undefined =>
        told.flatMap(({ nodes = [] }) => nodes).findLast((each) => each.node === node()?.id);
      await desk.window.until(() => {
        const now = inventory();
        return now !== undefined && now.devicesUnknown !== 'the inventory is being taken';
      });

      pixel.app.asleep(true);
      await desk.window.until(() => node()?.presence === 'absent');
      expect(node()?.left).toBe('sleep');
      await pixel.window.until(() => owner.at(-1)?.link?.up === false);
      pixel.app.asleep(false);
      await desk.window.until(() => node()?.presence === 'present');
      await pixel.window.until(() => owner.at(-1)?.link?.up === true);
    },
    LONG,
  );

  it(
    'says that a host cannot be reached, with its address',
    async () => {
      const { call, window } = await program('alone');
      const owner = window.bodies('owner.state');
      await call('join.start', { address: '127.0.0.1:1' });
      await window.until(() => owner.at(-1)?.phase === 'failed');
      expect(owner.at(-1)).toMatchObject({
        address: '127.0.0.1:1',
        reason: { reason: 'unreachable' },
      });
    },
    LONG,
  );
});
