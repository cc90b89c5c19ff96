/** `galapagos ask-tell`: any sampler for any program, over stdin and stdout. */
import type { Command } from 'commander';
import { serveAskTell } from '../ask-tell/serve.ts';
import type { Context } from '../process/context.ts';

export function addAskTell(program: Command, { streams }: Context): void {
  program
    .command('ask-tell')
    .description('use a sampler from another program: JSON lines in, JSON lines out')
    .option('--json', 'has no effect: input and output are always JSON')
    .addHelpText(
      'after',
      `
Reads one JSON request per line from stdin and writes one JSON response per line to stdout, in the same order. An
invalid line gets an error response and the session continues. To evaluate trials in parallel, send several "ask"
requests before you "tell" their values. Another "create" starts a new search.

Requests, each followed by its response:
  {"op":"create","searchSpace":{"x":{"type":"float","low":0,"high":1}}}
    {"ok":true}
  {"op":"ask"}
    {"ok":true,"trial":0,"params":{"x":0.31}}
  {"op":"tell","trial":0,"value":0.5}
    {"ok":true}
  {"op":"tell","trial":1,"state":"failed"}
    {"ok":true}
  {"op":"best"}
    {"ok":true,"trial":0,"value":0.5,"params":{"x":0.31}}
  {"op":"edit","ranges":{"x":{"low":0,"high":0.5}}}
    {"ok":true,"first":1,"told":1,"changes":["…"]}
  anything wrong
    {"ok":false,"error":{"code":"…","field":"…","message":"…"}}

"create" also takes "direction" ("minimize" or "maximize"), "sampler" ({"name":"evolution"}) and "seed".

"edit" changes the search on the same history, as "galapagos edit" does: "ranges" of numbers, "only" the values that a
parameter may have (one value fixes it), "free" for all values again, and "sampler". Trials from "first" on are proposed
by the new search, which learns from "told" earlier trials. Trials asked for before keep their points. "changes" has a
text for each change.

Error codes:
  syntax, unknown-field, missing-field, wrong-type, out-of-range …
                   the request is invalid; "field" says where
  no-study         no "create" has been sent yet
  not-yet          the sampler needs the values of earlier trials first
  exhausted        every point of the search space has been proposed
  unknown-trial    the trial has not been proposed
  already-told     the trial already has a value
  no-value         no trial has a value yet
  no-point         the edit leaves no point to try
  no-change        the edit changes nothing
  line-too-long    the line exceeds the length limit
  internal         a bug in Galapagos

Example:
  galapagos ask-tell < requests.jsonl`,
    )
    .action(() => serveAskTell(streams.stdin, streams.stdout));
}
