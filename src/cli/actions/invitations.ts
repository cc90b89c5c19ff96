/**
 * Carries out `galapagos invite`. Changes the files of this machine: a host that shares a lab reads
 * them at each redemption.
 */
import { hostAddressText } from '../../protocol/host-address.ts';
import type { InvitationsOutput, InviteOutput } from '../../protocol/cli-output-lab.ts';
import { LAB_PORT } from '../../protocol/host-address.ts';
import { readIdentity } from '../../node/keys/identity.ts';
import { readSharing } from '../../node/keys/sharing.ts';
import { Invitations } from '../../node/pairing/invitations.ts';
import type { KeptInvitation } from '../../node/pairing/invitations.ts';
import { issueInvitation } from '../../node/pairing/issue.ts';
import { table } from '../display/table.ts';
import { timeSpanText } from '../options/duration-argument.ts';
import { print, printJson, widthOf } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { lanFolder } from './lan-folder.ts';
import { programWords } from '../run/resume-command.ts';

interface Json {
  readonly json?: boolean;
}

interface Wanted extends Json {
  readonly uses: number;
  readonly ms: number;
  readonly ephemeral?: boolean;
  readonly addresses: readonly string[];
  /** Null: that of the shared lab. */
  readonly port: number | null;
}

export function invite(
  context: Context,
  { uses, ms, ephemeral = false, addresses: given, port: wanted, json = false }: Wanted,
): void {
  const folder = lanFolder(context);
  const sharing = readSharing(folder);
  const port = wanted ?? sharing?.port ?? LAB_PORT;
  const { text, kept, addresses } = issueInvitation(readIdentity(folder), new Invitations(folder), {
    uses,
    ms,
    ephemeral,
    port,
    addresses: given,
  });
  const output: InviteOutput = {
    invitation: text,
    id: kept.id,
    expires: kept.expires,
    uses,
    ephemeral,
    addresses: [...addresses],
    port,
    shared: sharing !== null,
  };
  if (json) {
    printJson(context, output);
    return;
  }
  const machines = uses === 1 ? 'one machine' : `${uses} machines`;
  print(context, [
    text,
    '',
    `Admits ${machines} within ${timeSpanText(ms)}. Keep it secret. There, run:`,
    `  ${programWords(context.streams.env).join(' ')} node --join INVITATION`,
    `It names ${addresses.map((host) => hostAddressText({ host, port })).join(', ')}.`,
    ...(sharing === null
      ? ['No lab is shared from this machine now; share one with galapagos run or serve --share.']
      : []),
  ]);
}

export function listInvitations(context: Context, { json = false }: Json): void {
  const kept = new Invitations(lanFolder(context));
  printList(context, kept, kept.list(), json);
}

/** @throws UsageError if no open invitation has the id */
export function revokeInvitation(context: Context, id: string, { json = false }: Json): void {
  const kept = new Invitations(lanFolder(context));
  const open = kept.list().filter((known) => kept.stateOf(known) === 'open');
  const ids = id === 'all' ? open.map((known) => known.id) : [id];
  const revoked = ids.flatMap((known) => kept.revoke(known) ?? []);
  if (revoked.length === 0 && id !== 'all') {
    const known = open.length === 0 ? 'there is none' : open.map((one) => one.id).join(', ');
    throw new UsageError(
      `invite revoke: expected the id of an open invitation (${known}), found ${id}`,
    );
  }
  printList(context, kept, revoked, json);
}

function printList(
  context: Context,
  kept: Invitations,
  listed: readonly KeptInvitation[],
  json: boolean,
): void {
  const output: InvitationsOutput = {
    invitations: listed.map((known) => ({
      id: known.id,
      state: kept.stateOf(known),
      created: known.created,
      expires: known.expires,
      uses: known.uses,
      used: known.usedBy.length,
      ephemeral: known.ephemeral,
    })),
  };
  if (json) printJson(context, output);
  else if (listed.length === 0) print(context, ['No invitations.']);
  else
    print(
      context,
      table(
        [
          { title: 'invitation', align: 'left' },
          { title: 'state', align: 'left' },
          { title: 'used', align: 'right' },
          { title: 'expires (UTC)', align: 'left' },
        ],
        output.invitations.map(({ id, state, used, uses, expires, ephemeral }) => [
          id,
          ephemeral ? `${state}, ephemeral` : state,
          `${used} of ${uses}`,
          expires.slice(0, 16).replace('T', ' '),
        ]),
        widthOf(context),
      ),
    );
}
