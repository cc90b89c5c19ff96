/**
 * Prints every preset as a resolved network (JSON), without dropout, for the recording script
 * beside it.
 */
import { PRESETS } from '../../src/training/models/presets.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';

const networks = [...PRESETS].map(([name, description]) => [
  name,
  resolveNetwork(description, new Scope({ dropout: 0 })),
]);
process.stdout.write(JSON.stringify(Object.fromEntries(networks)));
