/**
 * Rules that Optuna and its dashboard require of a lab file, and that our own tables must agree
 * with, as SQL. Uses nothing of `src/storage`, so that an error there cannot hide itself.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';

type Row = readonly unknown[];
type Query = (sql: string, ...parameters: (string | number)[]) => Row[];

const GOLDEN = new URL('../storage/fixtures/optuna-5.0.sql', import.meta.url);
const ENDED = ['COMPLETE', 'PRUNED', 'FAIL'];
const DATE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;

/** @returns every violation; empty for a valid lab file */
export function checkLab(file: string, study: string): string[] {
  const db = new Database(`${pathToFileURL(file).href}?mode=ro`, { timeout: 10_000 });
  const query: Query = (sql, ...parameters) => db.prepare(sql).raw(true).all(parameters) as Row[];
  // One snapshot, whatever a writer does meanwhile.
  db.exec('BEGIN');
  try {
    const problems = [...checkFile(query), ...checkSchema(query)];
    const ids = query('SELECT study_id FROM studies WHERE study_name = ?', study);
    if (ids.length !== 1) return [...problems, `${ids.length} studies named ${study}`];
    const id = Number(ids[0]?.[0]);
    return [
      ...problems,
      ...checkStudy(query, id),
      ...checkTrials(query, id),
      ...checkValues(query, id),
      ...checkParams(query, id),
      ...checkAttributes(query, id),
      ...checkOurs(query, id),
    ];
  } finally {
    db.exec('ROLLBACK');
    db.close();
  }
}

function checkFile(query: Query): string[] {
  const integrity = query('PRAGMA integrity_check').map(([text]) => String(text));
  const foreignKeys = query('PRAGMA foreign_key_check').map(
    ([table]) => `dangling foreign key in ${String(table)}`,
  );
  return [...integrity.filter((text) => text !== 'ok'), ...foreignKeys];
}

function checkSchema(query: Query): string[] {
  const problems: string[] = [];
  // prettier-ignore
  const golden = readFileSync(GOLDEN, 'utf8').replace(/^--.*\n/, '').split(/;\n+/).filter((sql) => sql !== '');
  const found = new Set(
    query('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL').map(([sql]) => sql),
  );
  for (const sql of golden)
    if (!found.has(sql)) problems.push(`not as Optuna writes it: ${sql.split('\n')[0] ?? ''}`);
  for (const [type, name] of query(
    "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')",
  )) {
    problems.push(
      `${String(type)} ${String(name)}: a storage upgrade breaks on views and drops triggers`,
    );
  }
  for (const [name] of query(
    "SELECT name FROM sqlite_master WHERE sql LIKE '%libsql_vector_idx%'",
  )) {
    problems.push(`index ${String(name)}: plain SQLite cannot open a file with it`);
  }
  const strangers = query(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  )
    .map(([name]) => String(name))
    .filter(
      (name) =>
        !name.startsWith('galapagos_') &&
        !golden.some((sql) => sql.startsWith(`CREATE TABLE ${name} `)),
    );
  problems.push(...strangers.map((name) => `table ${name} is neither Optuna's nor ours`));
  const version = JSON.stringify(query('SELECT version_info_id, schema_version FROM version_info'));
  if (version !== '[[1,12]]') problems.push(`version_info ${version}`);
  const revision = JSON.stringify(query('SELECT version_num FROM alembic_version'));
  if (revision !== '[["v3.2.0.a"]]') problems.push(`alembic_version ${revision}`);
  return problems;
}

function checkStudy(query: Query, id: number): string[] {
  const directions = query(
    'SELECT objective, direction FROM study_directions WHERE study_id = ? ORDER BY study_direction_id',
    id,
  );
  const fine =
    directions.length > 0 &&
    directions.every(
      ([objective, direction], i) => objective === i && /^M(IN|AX)IMIZE$/.test(String(direction)),
    );
  return fine ? [] : [`directions ${JSON.stringify(directions)}`];
}

function checkTrials(query: Query, id: number): string[] {
  const problems: string[] = [];
  const latest = new Date(Date.now() + 60_000).toISOString().replace('T', ' ');
  const rows = query(
    'SELECT number, state, datetime_start, datetime_complete FROM trials WHERE study_id = ? ORDER BY trial_id',
    id,
  );
  for (const [i, [number, state, start, complete]] of rows.entries()) {
    const trial = `trial ${String(number)}`;
    if (number !== i) problems.push(`${trial} stands at place ${i} in the order of trial_id`);
    if (!['RUNNING', 'WAITING', ...ENDED].includes(String(state)))
      problems.push(`${trial}: state ${String(state)}`);
    const ended = ENDED.includes(String(state));
    if ((start === null) !== (state === 'WAITING'))
      problems.push(`${trial}: ${String(state)} with start ${String(start)}`);
    if ((complete === null) === ended)
      problems.push(`${trial}: ${String(state)} with complete ${String(complete)}`);
    for (const date of [start, complete]) {
      if (date !== null && !(typeof date === 'string' && DATE.test(date)))
        problems.push(`${trial}: date ${JSON.stringify(date)}`);
      else if (date !== null && date > latest)
        problems.push(`${trial}: ${date} lies ahead: not UTC?`);
    }
    if (typeof start === 'string' && typeof complete === 'string' && complete < start)
      problems.push(`${trial}: complete before start`);
  }
  return problems;
}

function checkValues(query: Query, id: number): string[] {
  const problems: string[] = [];
  const objectives = query('SELECT count(*) FROM study_directions WHERE study_id = ?', id)[0]?.[0];
  for (const [number, state, count] of query(
    'SELECT number, state, (SELECT count(*) FROM trial_values v WHERE v.trial_id = t.trial_id) FROM trials t WHERE study_id = ?',
    id,
  )) {
    const allowed =
      state === 'COMPLETE' ? [objectives] : state === 'PRUNED' ? [0, objectives] : [0];
    if (!allowed.includes(count))
      problems.push(`trial ${String(number)}: ${String(state)} with ${String(count)} values`);
  }
  const typed =
    'SELECT number, value, value_type, typeof(value) FROM trial_values JOIN trials USING (trial_id) WHERE study_id = ?';
  for (const [number, value, type, affinity] of query(typed, id)) {
    const finite = affinity === 'real' && Number.isFinite(value);
    const fine =
      type === 'FINITE' ? finite : (type === 'INF_POS' || type === 'INF_NEG') && value === null;
    if (!fine)
      problems.push(
        `trial ${String(number)}: value ${String(value)} (${String(affinity)}) of type ${String(type)}`,
      );
  }
  return problems;
}

const NUMBER = String.raw`-?(?:\d+\.\d+|\d(?:\.\d+)?e[+-]\d\d+)`;
const FLOAT = new RegExp(
  `^\\{"name": "FloatDistribution", "attributes": \\{"step": (null|${NUMBER}), "low": (${NUMBER}), "high": (${NUMBER}), "log": (true|false)\\}\\}$`,
);
const INT =
  /^\{"name": "IntDistribution", "attributes": \{"log": (true|false), "step": (\d+), "low": (-?\d+), "high": (-?\d+)\}\}$/;
const CATEGORICAL =
  /^\{"name": "CategoricalDistribution", "attributes": \{"choices": (\[.*\])\}\}$/;

function checkParams(query: Query, id: number): string[] {
  const problems: string[] = [];
  const identities = new Map<unknown, string>();
  const sql = `SELECT number, param_name, param_value, distribution_json, typeof(param_value)
    FROM trial_params JOIN trials USING (trial_id) WHERE study_id = ? ORDER BY param_id`;
  for (const [number, name, value, json, affinity] of query(sql, id)) {
    const param = `trial ${String(number)}, ${String(name)}`;
    if (affinity !== 'real' || typeof value !== 'number') {
      problems.push(`${param}: ${String(value)} is ${String(affinity)}`);
      continue;
    }
    const read = readDistribution(String(json));
    if (read === null) {
      problems.push(`${param}: distribution ${String(json)}`);
      continue;
    }
    if (!read.contains(value)) problems.push(`${param}: ${value} is outside ${String(json)}`);
    const identity = identities.get(name) ?? read.identity;
    identities.set(name, identity);
    if (identity !== read.identity) problems.push(`${param}: ${read.identity} after ${identity}`);
  }
  return problems;
}

/**
 * `identity`: must not change within a study. Null: not written in Optuna's form, or impossible.
 */
function readDistribution(
  json: string,
): { readonly identity: string; contains(value: number): boolean } | null {
  const float = FLOAT.exec(json);
  if (float !== null) {
    const [low, high] = [Number(float[2]), Number(float[3])];
    const step = float[1] === 'null' ? 0 : Number(float[1]);
    const onStep = (value: number): boolean =>
      step === 0 || Math.abs((value - low) / step - Math.round((value - low) / step)) < 1e-8;
    if (low > high || (step > 0 && float[4] === 'true') || !onStep(high)) return null;
    return {
      identity: `float log ${String(float[4])}`,
      contains: (value) => value >= low && value <= high && onStep(value),
    };
  }
  const int = INT.exec(json);
  if (int !== null) {
    const [step, low, high] = [Number(int[2]), Number(int[3]), Number(int[4])];
    if (low > high || step < 1 || (high - low) % step !== 0 || (int[1] === 'true' && step !== 1))
      return null;
    return {
      identity: `int log ${String(int[1])}`,
      contains: (value) => value >= low && value <= high && (value - low) % step === 0,
    };
  }
  const categorical = CATEGORICAL.exec(json);
  if (categorical === null || !isAscii(json)) return null;
  const choices = JSON.parse(categorical[1] ?? '[]') as unknown[];
  if (choices.some((choice) => typeof choice === 'object' && choice !== null)) return null;
  return {
    identity: json,
    contains: (value) => Number.isInteger(value) && value >= 0 && value < choices.length,
  };
}

function checkAttributes(query: Query, id: number): string[] {
  const problems: string[] = [];
  for (const kind of ['user', 'system']) {
    const rows = [
      ...query(
        `SELECT 'the study', key, value_json FROM study_${kind}_attributes WHERE study_id = ?`,
        id,
      ),
      ...query(
        `SELECT 'trial ' || number, key, value_json FROM trial_${kind}_attributes JOIN trials USING (trial_id) WHERE study_id = ?`,
        id,
      ),
    ];
    for (const [owner, key, value] of rows) {
      if (String(key).length > 512 || !isPythonJson(value))
        problems.push(`${String(owner)}: attribute ${String(key)} = ${String(value)}`);
    }
  }
  return problems;
}

function isPythonJson(text: unknown): boolean {
  if (typeof text !== 'string' || !isAscii(text)) return false;
  try {
    JSON.parse(
      text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) =>
        token.startsWith('"') ? token : '0',
      ),
    );
    return true;
  } catch {
    return false;
  }
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7f]*$/.test(text);
}

/**
 * Our tables and Optuna's are written in one transaction, so they never disagree. A study without
 * rows of ours has no rules here.
 */
function checkOurs(query: Query, id: number): string[] {
  if (query("SELECT 1 FROM sqlite_master WHERE name = 'galapagos_study'").length === 0) return [];
  const [own] = query('SELECT id, uid FROM galapagos_study WHERE study_id = ?', id);
  if (own === undefined) return [];
  const [key, uid] = [Number(own[0]), String(own[1])];
  const problems: string[] = [];
  const report = (rule: string, sql: string, ...parameters: (string | number)[]): void => {
    for (const row of query(`${sql} LIMIT 3`, ...parameters))
      problems.push(`${rule}: ${JSON.stringify(row)}`);
  };
  const attribute = query(
    "SELECT value_json FROM study_user_attributes WHERE study_id = ? AND key = 'galapagos:uid'",
    id,
  );
  if (attribute[0]?.[0] !== JSON.stringify(uid))
    problems.push(`the study's uid ${uid} is not its attribute ${JSON.stringify(attribute)}`);
  // prettier-ignore
  report('numbers are dense', 'SELECT number FROM galapagos_trial a WHERE study = ? AND number > 0 AND NOT EXISTS (SELECT 1 FROM galapagos_trial b WHERE b.study = a.study AND b.number = a.number - 1)', key);
  report(
    'a trial that was started has its own row',
    `SELECT o.number, o.trial_id FROM galapagos_trial o LEFT JOIN trials t ON t.trial_id = o.trial_id AND t.study_id = ?2
     LEFT JOIN trial_user_attributes a ON a.trial_id = t.trial_id AND a.key = 'galapagos:uid'
     WHERE o.study = ?1 AND (o.trial_id IS NOT NULL OR o.state <> 'waiting') AND a.value_json IS NOT '"${uid}/' || o.number || '"'`,
    key,
    id,
  );
  report(
    'both tables tell one state',
    `SELECT o.number, o.state, t.state FROM galapagos_trial o JOIN trials t USING (trial_id) WHERE o.study = ?
     AND t.state <> CASE o.state WHEN 'complete' THEN 'COMPLETE' WHEN 'pruned' THEN 'PRUNED' WHEN 'failed' THEN 'FAIL' ELSE 'RUNNING' END`,
    key,
  );
  report(
    'both tables tell one value',
    `SELECT o.number, o.value, v.value, v.value_type FROM galapagos_trial o LEFT JOIN trial_values v ON v.trial_id = o.trial_id
     WHERE o.study = ? AND o.state = 'complete' AND o.value IS NOT CASE v.value_type WHEN 'INF_POS' THEN 9e999 WHEN 'INF_NEG' THEN -9e999 ELSE v.value END`,
    key,
  );
  // prettier-ignore
  report('an end is whole', "SELECT number FROM galapagos_trial WHERE study = ? AND (finish_seq IS NULL OR outcome IS NULL) <> (state IN ('waiting', 'running'))", key);
  report(
    'completion numbers are dense',
    `SELECT count(*), max(finish_seq) FROM galapagos_trial WHERE study = ?1 AND finish_seq IS NOT NULL
     HAVING count(*) > 0 AND (max(finish_seq) <> count(*) - 1 OR count(DISTINCT finish_seq) <> count(*))`,
    key,
  );
  report(
    'an end of ours is described',
    `SELECT o.number FROM galapagos_trial o LEFT JOIN trial_user_attributes a ON a.trial_id = o.trial_id AND a.key = 'galapagos:trial'
     WHERE o.study = ? AND o.outcome <> 'endedElsewhere' AND a.value_json IS NULL`,
    key,
  );
  // prettier-ignore
  report('a running trial has one open attempt', "SELECT number FROM galapagos_trial o WHERE study = ? AND (state = 'running') <> ((SELECT count(*) FROM galapagos_attempt a WHERE a.study = o.study AND a.number = o.number AND outcome IS NULL) = 1) AND state IN ('waiting', 'running')", key);
  // prettier-ignore
  report('an attempt belongs to a trial', 'SELECT number, k FROM galapagos_attempt a WHERE study = ? AND NOT EXISTS (SELECT 1 FROM galapagos_trial o WHERE o.study = a.study AND o.number = a.number AND o.trial_id IS NOT NULL)', key);
  return [...problems, ...checkPoints(query, key)];
}

/**
 * Compares our point of a trial, one float64 a parameter, with Optuna's rows in the order of
 * declaration.
 */
function checkPoints(query: Query, key: number): string[] {
  const problems: string[] = [];
  const [[spec] = []] = query('SELECT spec FROM galapagos_study WHERE id = ?', key);
  const names = Object.keys((JSON.parse(String(spec)) as { searchSpace: object }).searchSpace);
  const rows = new Map<unknown, Row[]>();
  const theirs =
    'SELECT o.number, param_name, param_value FROM galapagos_trial o JOIN trial_params USING (trial_id) WHERE study = ? ORDER BY param_id';
  for (const row of query(theirs, key)) rows.set(row[0], [...(rows.get(row[0]) ?? []), row]);
  for (const [number, params] of query(
    'SELECT number, params FROM galapagos_trial WHERE study = ? AND trial_id IS NOT NULL',
    key,
  )) {
    const point = Buffer.isBuffer(params)
      ? names.map((name, i): Row => [number, name, params.readDoubleLE(8 * i)])
      : [];
    const [ours, found] = [
      point.filter((row) => !Number.isNaN(row[2])),
      rows.get(number) ?? [],
    ].map((each) => JSON.stringify(each));
    if (ours !== found)
      problems.push(`parameters: ${String(ours)} for us, ${String(found)} for Optuna`);
  }
  return problems;
}
