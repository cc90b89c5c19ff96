/**
 * Replaces the path of a network file in a study by the file's description, so that the lab file
 * contains the whole study.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidInput } from '../core/errors.ts';
import { parseJson } from '../protocol/json-text.ts';
import { isHeld } from '../storage/side-files.ts';
import { looksLikeFile } from './looks-like-file.ts';

/**
 * @param study parsed JSON, not yet checked
 * @param source file of the study, to which the network's path is relative
 * @param label name of the study in errors
 * @throws InvalidInput if the network's file cannot be read or is not JSON
 */
export function withNetworkFile(study: unknown, source: string, label: string): unknown {
  if (!isObject(study) || !isObject(study['objective'])) return study;
  const { objective } = study;
  const { network } = objective;
  if (typeof network !== 'string' || !looksLikeFile(network)) return study;
  return {
    ...study,
    objective: {
      ...objective,
      network: parseJson(readNetwork(resolve(dirname(source), network), label), network),
    },
  };
}

function readNetwork(file: string, label: string): string {
  const missing = (found: string): InvalidInput =>
    new InvalidInput(label, [
      { code: 'missing-file', path: 'objective.network', expected: `a network in ${file}`, found },
    ]);
  try {
    // Reading a pipe would block the process until another one writes to it.
    const stats = statSync(file);
    if (!stats.isFile())
      throw missing(stats.isDirectory() ? 'a folder' : 'a pipe, socket or device');
    if (isHeld(file)) throw missing('a lab that a program has open');
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof InvalidInput || !(error instanceof Error && 'code' in error)) throw error;
    throw missing(error.code === 'ENOENT' ? 'no such file' : error.message);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
