/** The Python that `GALAPAGOS_PEER_PYTHON` names; formats and results are compared with it. */
import { spawnSync } from 'node:child_process';

/** Reason why a test that needs these modules cannot run here; null: it can. */
export function missingPython(...modules: readonly string[]): string | null {
  const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
  const reason = `GALAPAGOS_PEER_PYTHON names no Python with ${modules.join(', ')}`;
  if (python === '') return reason;
  return spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0 ? null : reason;
}
