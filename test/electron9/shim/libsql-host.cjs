/** A plain Node that keeps the lab file for Electron 9, with the real libsql: reads requests from one pipe, answers on another, ends with the first. */
const { createInterface } = require('node:readline');
const { createReadStream, openSync, writeSync } = require('node:fs');
const Database = require('libsql');

const [requests, answers] = process.argv.slice(2);
const input = createReadStream('', { fd: openSync(requests, 'r') });
const output = openSync(answers, 'w');
let db = null;
const statements = [];

const asked = {
  open([file, options]) {
    db = new Database(file, options);
    return null;
  },
  exec: ([sql]) => (db.exec(sql), null),
  prepare([sql]) {
    const statement = db.prepare(sql);
    if (statement.reader) statement.raw(true);
    return { id: statements.push(statement) - 1, reader: statement.reader };
  },
  run: ([id, parameters]) => statements[id].run(parameters),
  all: ([id, parameters]) => statements[id].all(parameters),
  get: ([id, parameters]) => statements[id].get(parameters),
  inTransaction: () => db.inTransaction,
  close: () => (db.close(), null),
};

const decode = (_, value) =>
  value?.$bytes !== undefined
    ? Buffer.from(value.$bytes, 'base64')
    : value?.$big !== undefined
      ? BigInt(value.$big)
      : value;
const encode = (_, value) =>
  value?.type === 'Buffer'
    ? { $bytes: Buffer.from(value.data).toString('base64') }
    : typeof value === 'bigint'
      ? { $big: String(value) }
      : value;

createInterface({ input }).on('line', (line) => {
  const [what, ...parameters] = JSON.parse(line, decode);
  let answer;
  try {
    answer = { value: asked[what](parameters) };
  } catch (error) {
    answer = {
      error: { message: error.message, code: error.code, rawCode: error.rawCode, name: error.name },
    };
  }
  writeSync(output, `${JSON.stringify(answer, encode)}\n`);
});
