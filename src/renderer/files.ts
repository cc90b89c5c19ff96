/** Saves files for the user: with a dialog on the desktop, as a download in a browser. */
import type { ExportedFile } from '../protocol/window/reading.ts';
import type { Client } from './client.ts';

export async function saveFile(client: Client, file: ExportedFile): Promise<void> {
  if (client.host === 'electron') {
    await client.native('saveFile', file);
    return;
  }
  const url = URL.createObjectURL(blobOf(file));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  // The download holds its own reference to the bytes once it has started.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function blobOf({ type, content }: ExportedFile): Blob {
  if ('text' in content) return new Blob([content.text], { type });
  return new Blob([Uint8Array.from(atob(content.base64), (character) => character.charCodeAt(0))], {
    type,
  });
}

export async function toExported(name: string, blob: Blob): Promise<ExportedFile> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = '';
  // In pieces, because a call takes a limited number of arguments.
  for (let i = 0; i < bytes.length; i += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return { name, type: blob.type, content: { base64: btoa(binary) } };
}
