/**
 * `npm start`: builds what is stale and opens the app in Electron; without Electron's binary it
 * says how to get it, or what else there is.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOrExit } from './build-if-stale.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The program's path, or null. `import('electron')` would start a download instead. */
function electronProgram() {
  const folder = join(root, 'node_modules', 'electron');
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return null;
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist');
  const program = join(dist, readFileSync(named, 'utf8').trim());
  return existsSync(program) ? program : null;
}

const program = electronProgram();
if (program === null) {
  process.stderr.write(
    `Electron's binary is not installed. Either fetch it once, about 120 MB, and start again:

  npx install-electron && npm start

or open the same window in a browser:

  npm run serve
`,
  );
  process.exit(1);
}
await buildOrExit(root);
const app = spawn(program, [root, ...process.argv.slice(2)], { stdio: 'inherit' });
app.once('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 0) : 1;
});
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => app.pid !== undefined && app.kill(signal));
