/** Prepares the suite: builds the app, transpiled where the host is old, and starts a display. */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildIfStale } from '../../build/build-if-stale.mjs';
import { hostOrReason, legacyFolder, root } from './host.ts';

export default async function setUp(): Promise<(() => void) | undefined> {
  const host = hostOrReason();
  if (typeof host === 'string') return undefined;
  await buildIfStale(root);
  if (host.legacy)
    execFileSync(process.execPath, [join(root, 'test/electron9/build-legacy.mjs'), legacyFolder], {
      stdio: 'inherit',
    });
  if (process.platform !== 'linux' || (process.env['DISPLAY'] ?? '') !== '') return undefined;
  const xvfb = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  process.env['DISPLAY'] = `:${await firstLine(xvfb.stdio[3] as NodeJS.ReadableStream)}`;
  return () => {
    xvfb.kill();
  };
}

function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.trim());
    });
    stream.once('end', () => reject(new Error('Xvfb ended before it named its display')));
  });
}
