/** Sets the wall clock of Node processes, as their programs see it, while they run. */
import { writeFileSync } from 'node:fs';
import type { TemporaryFolder } from './temporary-folder.ts';

export interface SetClock {
  /** Environment of the processes. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets the clock this far ahead of the real one, in ms; it takes effect within 100 ms. */
  set(aheadMs: number): void;
}

export function setClock(folder: TemporaryFolder, name: string): SetClock {
  const [file, script] = [folder.file(`${name}.clock`), folder.file(`${name}.cjs`)];
  const set = (aheadMs: number): void => writeFileSync(file, String(aheadMs));
  set(0);
  writeFileSync(
    script,
    `const { readFileSync } = require('node:fs');
     const RealDate = Date;
     let [readAt, aheadMs] = [-Infinity, 0];
     function now() {
       const at = performance.now();
       if (at - readAt > 100) {
         readAt = at;
         aheadMs = Number(readFileSync(${JSON.stringify(file)}, 'utf8'));
       }
       return RealDate.now() + aheadMs;
     }
     globalThis.Date = new Proxy(RealDate, {
       construct: (target, args) => (args.length === 0 ? new target(now()) : new target(...args)),
       get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
     });`,
  );
  return { env: { NODE_OPTIONS: `--require ${script}` }, set };
}
