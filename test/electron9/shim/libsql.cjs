/**
 * libsql as Electron 9 may load it: not at all, since its binary needs a newer Node-API and would end the process. Each connection is a plain Node beside
 * it with the real library; calls cross two named pipes and block until they are answered, as a call of libsql does.
 */
const { execFileSync, spawn } = require('child_process');
const { mkdtempSync, openSync, readSync, rmdirSync, unlinkSync, writeSync } = require('fs');
const { tmpdir } = require('os');
const path = require('path');

const decode = (_, value) =>
  value && value.$bytes !== undefined
    ? Buffer.from(value.$bytes, 'base64')
    : value && value.$big
      ? BigInt(value.$big)
      : value;
const encode = (_, value) =>
  value && value.type === 'Buffer'
    ? { $bytes: Buffer.from(value.data).toString('base64') }
    : typeof value === 'bigint'
      ? { $big: String(value) }
      : value;

module.exports = class Database {
  constructor(file, options) {
    const folder = mkdtempSync(path.join(tmpdir(), 'electron9-libsql-'));
    const pipes = ['requests', 'answers'].map((name) => path.join(folder, name));
    execFileSync('mkfifo', pipes);
    const host = spawn(
      process.env.GALAPAGOS_ELECTRON9_NODE,
      [path.join(__dirname, 'libsql-host.cjs'), ...pipes],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        detached: true,
      },
    );
    host.unref();
    this.requests = openSync(pipes[0], 'w');
    this.answers = openSync(pipes[1], 'r');
    this.buffer = Buffer.alloc(1 << 16);
    pipes.forEach((pipe) => unlinkSync(pipe));
    rmdirSync(folder);
    this.ask('open', file, options);
  }
  ask(...request) {
    const line = Buffer.from(JSON.stringify(request, encode) + '\n');
    for (let at = 0; at < line.length;) at += writeSync(this.requests, line, at);
    const parts = [];
    for (;;) {
      const length = readSync(this.answers, this.buffer, 0, this.buffer.length, null);
      if (length === 0) throw new Error('the host of libsql is gone');
      parts.push(Buffer.from(this.buffer.slice(0, length)));
      if (this.buffer[length - 1] === 10) break;
    }
    const { value, error } = JSON.parse(Buffer.concat(parts).toString(), decode);
    if (error) throw Object.assign(new Error(error.message), error);
    return value;
  }
  exec(sql) {
    this.ask('exec', sql);
  }
  prepare(sql) {
    const { id, reader } = this.ask('prepare', sql);
    const call = (what) => (parameters) => this.ask(what, id, parameters);
    return { reader, raw: () => undefined, run: call('run'), all: call('all'), get: call('get') };
  }
  get inTransaction() {
    return this.ask('inTransaction');
  }
  close() {
    this.ask('close');
    require('fs').closeSync(this.requests);
    require('fs').closeSync(this.answers);
  }
};
