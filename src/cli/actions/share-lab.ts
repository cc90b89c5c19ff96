/** Shares an open lab and invites one machine. */
import type { LabShare } from '../../lab/share.ts';
import { programWords } from '../run/resume-command.ts';

/** Milliseconds for which the printed invitation is valid. */
const INVITATION_MS = 3_600_000;

export interface SharedEvent {
  readonly event: 'shared';
  /** TCP port at which other machines join. */
  readonly port: number;
  readonly invitation: string;
  /** End of the invitation, UTC. */
  readonly until: string;
}

/** @param port 0: any free one @throws GalapagosError `port-taken` */
export async function shareLab(share: LabShare, port: number): Promise<SharedEvent> {
  await share.share(true, port);
  const wanted = { uses: 1, forMs: INVITATION_MS, ephemeral: false };
  const { invitation, until } = await share.invite(wanted);
  return {
    event: 'shared',
    port: share.sharing.port,
    invitation,
    until: new Date(until).toISOString(),
  };
}

/**
 * Reports each machine that shows digits: a command has no window in which a person could confirm
 * them, so they would wait in vain.
 */
export function tellOfDigits(
  share: Pick<LabShare, 'admissions' | 'listen'>,
  tell: (text: string) => void,
): void {
  const told = new Set<string>();
  share.listen(() => {
    for (const { conversation, name, address } of share.admissions) {
      if (told.has(conversation)) continue;
      told.add(conversation);
      tell(
        `${name} at ${address} waits for a yes to its digits, which needs a window: galapagos invite makes an invitation instead`,
      );
    }
  });
}

/** Sentences for people: the port, and the command to type on the other machine. */
export function sharedLines({ port, invitation }: Omit<SharedEvent, 'event'>): readonly string[] {
  return [
    `This lab is shared on TCP port ${port}. To add a machine within an hour, type there:`,
    `  ${programWords(process.env).join(' ')} node --join ${invitation}`,
  ];
}
