/**
 * Decides which callers may have programs started: only the desktop window, and only programs that
 * run a script which was chosen there. A browser may be on another machine.
 */
import { GalapagosError } from '../../core/errors.ts';
import type { CallContext } from '../../protocol/endpoint.ts';

/**
 * Returns the scripts whose commands a caller may have started: those chosen in the desktop window.
 */
export function scriptsFor(
  { host }: Pick<CallContext, 'host'>,
  chosen: ReadonlySet<string>,
): readonly string[] {
  return host === 'electron' ? [...chosen] : [];
}

/** @throws GalapagosError `no-programs` where the caller is a browser */
export function refusePrograms({ host }: Pick<CallContext, 'host'>): void {
  if (host === 'electron') return;
  throw new GalapagosError(
    'no-programs',
    'only the desktop window may have a program started; in a terminal of this machine, type galapagos init and galapagos run',
  );
}
