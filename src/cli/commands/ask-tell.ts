/** `galapagos ask-tell`: any sampler for any program, over stdin and stdout. */
import type { Command } from 'commander';
import { serveAskTell } from '../ask-tell/serve.ts';
import type { Context } from '../context.ts';

export function addAskTell(program: Command, { streams }: Context): void {
  program
    .command('ask-tell')
    .description('use a sampler from another program: JSON lines in, JSON lines out')
    .option('--json', 'has no effect: input and output are always JSON')
    .addHelpText(
      'after',
      `
One request a line, one answer a line, in order. A bad line is answered by an error and the session goes on.
Ask several times before telling to model several workers. A later "create" begins anew.

  {"op":"create","searchSpace":{"x":{"type":"float","low":0,"high":1}},"direction":"minimize","sampler":{"name":"evolution"},"seed":7}
                                          {"ok":true}
  {"op":"ask"}                            {"ok":true,"trial":0,"params":{"x":0.31}}
  {"op":"tell","trial":0,"value":0.5}     {"ok":true}          (or "state":"failed" in place of the value)
  {"op":"best"}                           {"ok":true,"trial":0,"value":0.5,"params":{"x":0.31}}
  anything wrong                          {"ok":false,"error":{"code":"…","field":"…","message":"…"}}

Codes: syntax, unknown-field, missing-field, wrong-type, out-of-range …: the line is wrong where "field" says;
no-study: create first; not-yet: this sampler needs earlier trials told first; exhausted: no point is left;
unknown-trial, already-told: about "trial"; no-value: nothing to be best yet; line-too-long; internal: ours.

Example:
  printf '%s\\n' '{"op":"create","searchSpace":{"x":{"type":"int","low":1,"high":9}}}' '{"op":"ask"}' | galapagos ask-tell`,
    )
    .action(() => serveAskTell(streams.stdin, streams.stdout));
}
