/** Refuses local paths from browsers: only the desktop window may name them. */
import { GalapagosError } from '../../core/errors.ts';
import type { CallContext } from '../../protocol/endpoint.ts';

/**
 * Called by every handler that reads or opens a path named by its caller. A browser may be on
 * another machine, and its token must not give access to every file that this user can read.
 * @throws GalapagosError `no-paths` where the caller is a browser
 */
export function refusePaths({ host }: Pick<CallContext, 'host'>): void {
  if (host === 'electron') return;
  throw new GalapagosError(
    'no-paths',
    'a browser hands files over by uploading them; only the desktop window may name a path',
    {
      expected: 'an upload',
      found: 'a path',
    },
  );
}
