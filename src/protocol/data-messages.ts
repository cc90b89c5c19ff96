/**
 * Messages of the data channels, over which datasets travel in chunks: a request or an answer is a
 * line of JSON and a body of bytes, two frames. The chunk manifest itself is in
 * `node/data/manifest.ts`.
 */
import { z } from 'zod';
import { MalformedMessage, parseLine } from './message-line.ts';

/** Bytes of every chunk but the last. */
export const CHUNK_BYTES = 2 ** 20;
/** Greatest size of one message in bytes: a body and its line. */
export const MAX_DATA_BYTES = CHUNK_BYTES + 1024;
/** Most chunks of one dataset: a bitmap of them fits into one body. */
export const MOST_CHUNKS = 8 * CHUNK_BYTES;
/** Most characters of a message's line. */
const MOST_CHARACTERS = 512;

const count = z.int().min(0);
const ordinal = z.int().min(1);
const tree = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 in hex' });
/** Number of the request, repeated in its answer: 1, 2 … of one reader and source. */
const no = ordinal;

/** Part `part` of the chunk manifest, each of `CHUNK_BYTES` but the last. */
const manifestRequest = z.strictObject({ type: z.literal('manifest'), no, tree, part: count });
const chunkRequest = z.strictObject({ type: z.literal('chunk'), no, tree, index: count });
/** One of the chunks that the reader lacks, chosen by the source. Body: a bitmap of them. */
const anyRequest = z.strictObject({ type: z.literal('any'), no, tree });
/** Which chunks the source has. */
const haveRequest = z.strictObject({ type: z.literal('have'), no, tree });

/** Body: a part of the manifest, of `of` bytes in all. */
const manifestAnswer = z.strictObject({ type: z.literal('manifest'), no, of: ordinal });
/** Body: the chunk. */
const chunkAnswer = z.strictObject({ type: z.literal('chunk'), no, index: count });
/** Body: a bitmap of the chunks that the source has. */
const haveAnswer = z.strictObject({ type: z.literal('have'), no });
/** The source does not have what was asked for. */
const noneAnswer = z.strictObject({ type: z.literal('none'), no });
/** The source serves as many requests as it takes; ask again later. */
const busyAnswer = z.strictObject({ type: z.literal('busy'), no });

export type DataRequestHead = Readonly<
  | z.output<typeof manifestRequest>
  | z.output<typeof chunkRequest>
  | z.output<typeof anyRequest>
  | z.output<typeof haveRequest>
>;
export type DataAnswerHead = Readonly<
  | z.output<typeof manifestAnswer>
  | z.output<typeof chunkAnswer>
  | z.output<typeof haveAnswer>
  | z.output<typeof noneAnswer>
  | z.output<typeof busyAnswer>
>;

/** A message with its body; empty where its type has none. */
interface WithBody<Head> {
  readonly head: Head;
  readonly body: Uint8Array;
}
export type DataRequest = WithBody<DataRequestHead>;
export type DataAnswer = WithBody<DataAnswerHead>;

export const NO_BYTES = new Uint8Array(0);

const requests = new Map<unknown, z.ZodType<DataRequestHead>>([
  ['manifest', manifestRequest],
  ['chunk', chunkRequest],
  ['any', anyRequest],
  ['have', haveRequest],
]);
const answers = new Map<unknown, z.ZodType<DataAnswerHead>>([
  ['manifest', manifestAnswer],
  ['chunk', chunkAnswer],
  ['have', haveAnswer],
  ['none', noneAnswer],
  ['busy', busyAnswer],
]);

/** @throws MalformedMessage */
export const parseDataRequest = (line: string, body: Uint8Array): DataRequest => ({
  head: parseHead(line, requests),
  body,
});
/** @throws MalformedMessage */
export const parseDataAnswer = (line: string, body: Uint8Array): DataAnswer => ({
  head: parseHead(line, answers),
  body,
});

function parseHead<Head>(line: string, schemas: ReadonlyMap<unknown, z.ZodType<Head>>): Head {
  if (line.length <= MOST_CHARACTERS) return parseLine(line, schemas);
  throw new MalformedMessage(
    'malformed',
    `expected at most ${MOST_CHARACTERS} characters, found ${line.length}`,
  );
}
