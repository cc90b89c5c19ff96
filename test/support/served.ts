/** Runs `galapagos serve` as a process with its own home and lab. */
import { builtWithWindow, start } from './built-command.ts';
import type { Command } from './built-command.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

export interface Served {
  readonly folder: TemporaryFolder;
  readonly lab: string;
  /** Address with the token. */
  readonly link: string;
  readonly origin: string;
  readonly port: number;
  readonly command: Command;
  /** Ends it with SIGINT and removes its folder. */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly workers?: number;
  /** A home that the caller keeps. */
  readonly folder?: TemporaryFolder;
  readonly port?: number;
  readonly token?: string;
  /** Additional environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function serve({
  workers = 2,
  folder,
  port = 0,
  token,
  env = {},
}: ServeOptions = {}): Promise<Served> {
  await builtWithWindow();
  const place = folder ?? temporaryFolder();
  const lab = place.file('lab.db');
  const args = [
    'serve',
    '--json',
    '--port',
    String(port),
    '--workers',
    String(workers),
    '--lab',
    lab,
  ];
  let told: (link: string) => void = () => undefined;
  const serving = new Promise<string>((done) => (told = done));
  const command = start(args, place.path, told, {
    ...env,
    GALAPAGOS_HOME: place.file('home'),
    ...(token === undefined ? {} : { GALAPAGOS_TOKEN: token }),
  });
  const line = await Promise.race([
    serving,
    command.ended.then(({ code, stderr }) =>
      Promise.reject(new Error(`serve ended with ${String(code)}: ${stderr}`)),
    ),
  ]);
  const { link } = JSON.parse(line) as { link: string };
  const url = new URL(link);
  return {
    folder: place,
    lab,
    link,
    origin: url.origin,
    port: Number(url.port),
    command,
    close: async () => {
      command.process.kill('SIGINT');
      await command.ended;
      if (folder === undefined) place.remove();
    },
  };
}
