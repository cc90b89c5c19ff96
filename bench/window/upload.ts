/** Uploads files to `serve` as a browser's window does, chunk after chunk, for importing. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Page } from 'playwright-core';
import { ask } from './serving.ts';

const CHUNK = 2 ** 20;

/** @returns the upload's id */
export async function uploaded(page: Page, files: readonly string[]): Promise<string> {
  const { upload } = await ask(page, 'beginUpload', {
    files: files.map((file) => ({ path: basename(file), bytes: statSync(file).size })),
  });
  const { origin } = new URL(page.url());
  const chunk = Buffer.alloc(CHUNK);
  for (const [i, file] of files.entries()) {
    const opened = openSync(file, 'r');
    try {
      for (
        let offset = 0, read = 0;
        (read = readSync(opened, chunk, 0, CHUNK, offset)) > 0;
        offset += read
      ) {
        const data = Buffer.from(chunk.subarray(0, read));
        const sha256 = createHash('sha256').update(data).digest('hex');
        const answer = await page
          .context()
          .request.put(`${origin}/upload/${upload}/${i}?offset=${offset}&sha256=${sha256}`, {
            data,
            headers: { origin, 'content-type': 'application/octet-stream' },
          });
        if (!answer.ok())
          throw new Error(`${file} at ${offset}: ${answer.status()} ${await answer.text()}`);
      }
    } finally {
      closeSync(opened);
    }
  }
  return upload;
}

/**
 * A folder as one file: a browser sends 60,000 files one by one, which would be measured instead.
 */
export function archived(folder: string): string {
  const file = `${folder}.tar`;
  const { status, stderr } = spawnSync('tar', ['-cf', file, '-C', folder, '.'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`tar failed: ${stderr}`);
  return file;
}
