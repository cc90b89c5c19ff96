/** The Python that `GALAPAGOS_PEER_PYTHON` names; formats and results are compared with it. */
import { spawnSync } from 'node:child_process';

/** Reason why a test that needs these modules cannot run here; null: it can. */
export function missingPython(...modules: readonly string[]): string | null {
  const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
  const reason = `GALAPAGOS_PEER_PYTHON names no Python with ${modules.join(', ')}`;
  if (python === '') return reason;
  return spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0 ? null : reason;
}

/** Interpreters at hand: `python3` and the one of `GALAPAGOS_PEER_PYTHON`. */
export function pythons(): readonly string[] {
  return ['python3', process.env['GALAPAGOS_PEER_PYTHON'] ?? ''].filter(
    (python) =>
      python !== '' &&
      spawnSync(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0,
  );
}
