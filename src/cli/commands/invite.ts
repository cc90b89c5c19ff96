/** `galapagos invite`, and `galapagos invite list | revoke`. */
import type { Command } from 'commander';
import { parseHostPort } from '../../protocol/host-address.ts';
import { MOST_INVITATION_ADDRESSES } from '../../protocol/invitation.ts';
import { INVITATION_LIMITS } from '../../node/pairing/invitations.ts';
import type * as Actions from '../actions/invitations.ts';
import { integer, names } from '../options/arguments.ts';
import { timeSpanWithin } from '../options/duration-argument.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';

interface Options {
  readonly json?: boolean;
}

interface InviteOptions extends Options {
  readonly uses: number;
  readonly for?: number;
  readonly ephemeral?: boolean;
  readonly address?: readonly string[];
}

const { uses, ms } = INVITATION_LIMITS;

export function addInvite(program: Command, context: Context): void {
  const invite = program
    .command('invite')
    .description('invite other machines to the lab of this one; list and revoke invitations')
    .option(
      '--uses <n>',
      `number of machines that it admits, at most ${uses.most}`,
      integer(uses.least),
      uses.usual,
    )
    .option(
      '--for <time>',
      'how long it counts, from 10m to 7d (default: 1h)',
      timeSpanWithin(ms.least, ms.most),
    )
    .option('--ephemeral', 'forget a machine ten minutes after it left; for jobs of a cluster')
    .option(
      '--address <hosts>',
      'where this machine is reached, e.g. desk.local or a tunnel 10.0.0.1:7000 (default: its own addresses)',
      names,
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
An invitation admits a machine without a question, so treat it like a password.
The machine joins with galapagos node --join INVITATION while a lab is shared from
here (galapagos run or serve with --share). A machine that starts again with the
same key within the time costs no further use.

Examples:
  galapagos invite
  galapagos invite --uses 16 --for 2d --ephemeral
  galapagos invite --address gateway.example.org:7000
  galapagos invite list
  galapagos invite revoke 0f3c1d2e4b5a6978`,
    )
    .action(async (options: InviteOptions) => {
      if (options.uses > uses.most)
        throw new UsageError(`--uses: expected at most ${uses.most}, found ${options.uses}`);
      const { invite: run } = await actions();
      run(context, {
        ...options,
        ms: options.for ?? ms.usual,
        ...addressesOf(options.address ?? []),
      });
    });
  invite
    .command('list')
    .description('list the invitations of this machine, ended ones for a week')
    .option('--json', 'print one JSON document')
    .action(async (_: Options, command: Command) =>
      (await actions()).listInvitations(context, command.optsWithGlobals()),
    );
  invite
    .command('revoke')
    .description('revoke an open invitation; machines that used it stay admitted')
    .argument('<id>', 'its id, or all')
    .option('--json', 'print one JSON document')
    .action(async (id: string, _: Options, command: Command) =>
      (await actions()).revokeInvitation(context, id, command.optsWithGlobals()),
    );
}

/** An invitation has one port: that of the first address with one. */
function addressesOf(texts: readonly string[]): { addresses: string[]; port: number | null } {
  if (texts.length > MOST_INVITATION_ADDRESSES)
    throw new UsageError(
      `--address: expected at most ${MOST_INVITATION_ADDRESSES} hosts, found ${texts.length}`,
    );
  const parsed = texts.map(parseHostPort);
  const ports = new Set(parsed.map(({ port }) => port).filter((port) => port !== null));
  if (ports.size > 1)
    throw new UsageError(
      `--address: expected one port for all hosts, found ${[...ports].join(', ')}`,
    );
  return { addresses: parsed.map(({ host }) => host), port: [...ports][0] ?? null };
}

/** Loaded on demand: listing commands needs no cryptography. */
function actions(): Promise<typeof Actions> {
  return import('../actions/invitations.ts');
}
