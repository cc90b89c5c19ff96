/** Reads the searches that a study starts from, in a thread: a source may be large. */
import { isAbsolute } from 'node:path';
import { GalapagosError, InvalidInput } from '../../core/errors.ts';
import type { CallContext } from '../../protocol/endpoint.ts';
import type { MappedHistory } from '../../studies/start-from/map-history.ts';
import type { StartRequest } from '../../studies/start-from/start-histories.ts';
import type { ThreadWork } from '../reading/thread-work.ts';
import { refusePaths } from './refuse-paths.ts';

/**
 * @throws GalapagosError `no-paths` for a path named by a browser; `no-lab`; whatever keeps a
 *   source from being a history
 */
export async function readHistories(
  { labFile }: { readonly labFile: () => string | null },
  thread: ThreadWork,
  { study, sources }: Omit<StartRequest, 'lab'>,
  context: CallContext,
): Promise<readonly MappedHistory[]> {
  for (const source of sources) {
    if (source.kind !== 'path') continue;
    refusePaths(context);
    if (!isAbsolute(source.path))
      throw new InvalidInput('source', [
        { code: 'bad-source', path: 'path', expected: 'an absolute path', found: source.path },
      ]);
  }
  const lab = labFile();
  if (lab === null) throw new GalapagosError('no-lab', 'no lab is open');
  return thread.do('histories', { study, sources, lab });
}
