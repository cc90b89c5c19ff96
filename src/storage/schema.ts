/**
 * The tables of a lab file: Optuna's RDB schema at revision v3.2.0.a as Optuna 5.0 itself writes
 * it, and ours beside it. What rows mean is `writes.ts` and `resume.ts`; whether a file has these
 * tables is `recognise.ts`.
 */
import { FIRST_FORMAT } from './format.ts';

/** The alembic revision that Optuna 4.9 and 5.0 demand, to the letter. */
export const OPTUNA_REVISION = 'v3.2.0.a';

/** Revisions that `optuna storage upgrade` can bring to ours. */
export const OLDER_REVISIONS: readonly string[] = [
  'v0.9.0.a',
  'v1.2.0.a',
  'v1.3.0.a',
  'v2.4.0.a',
  'v2.6.0.a',
  'v3.0.0.a',
  'v3.0.0.b',
  'v3.0.0.c',
  'v3.0.0.d',
];

/** A table as SQLAlchemy spells it, which leaves a space after each comma. */
function table(name: string, ...lines: string[]): string {
  return `CREATE TABLE ${name} (\n\t${lines.join(', \n\t')}\n)`;
}

function attributes(
  owner: 'study' | 'trial',
  owners: 'studies' | 'trials',
  kind: 'user' | 'system',
): string {
  const id = `${owner}_${kind}_attribute_id`;
  return table(
    `${owner}_${kind}_attributes`,
    `${id} INTEGER NOT NULL`,
    `${owner}_id INTEGER`,
    '"key" VARCHAR(512)',
    'value_json TEXT',
    `PRIMARY KEY (${id})`,
    `UNIQUE (${owner}_id, "key")`,
    `FOREIGN KEY(${owner}_id) REFERENCES ${owners} (${owner}_id)`,
  );
}

export const OPTUNA_DDL: readonly string[] = [
  table(
    'studies',
    'study_id INTEGER NOT NULL',
    'study_name VARCHAR(512) NOT NULL',
    'PRIMARY KEY (study_id)',
  ),
  'CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name)',
  table(
    'version_info',
    'version_info_id INTEGER NOT NULL',
    'schema_version INTEGER',
    'library_version VARCHAR(256)',
    'PRIMARY KEY (version_info_id)',
    'CHECK (version_info_id=1)',
  ),
  table(
    'study_directions',
    'study_direction_id INTEGER NOT NULL',
    'direction VARCHAR(8) NOT NULL',
    'study_id INTEGER NOT NULL',
    'objective INTEGER NOT NULL',
    'PRIMARY KEY (study_direction_id)',
    'UNIQUE (study_id, objective)',
    'FOREIGN KEY(study_id) REFERENCES studies (study_id)',
  ),
  attributes('study', 'studies', 'user'),
  attributes('study', 'studies', 'system'),
  table(
    'trials',
    'trial_id INTEGER NOT NULL',
    'number INTEGER',
    'study_id INTEGER',
    'state VARCHAR(8) NOT NULL',
    'datetime_start DATETIME',
    'datetime_complete DATETIME',
    'PRIMARY KEY (trial_id)',
    'FOREIGN KEY(study_id) REFERENCES studies (study_id)',
  ),
  'CREATE INDEX ix_trials_study_id ON trials (study_id)',
  attributes('trial', 'trials', 'user'),
  attributes('trial', 'trials', 'system'),
  table(
    'trial_params',
    'param_id INTEGER NOT NULL',
    'trial_id INTEGER',
    'param_name VARCHAR(512)',
    'param_value FLOAT',
    'distribution_json TEXT',
    'PRIMARY KEY (param_id)',
    'UNIQUE (trial_id, param_name)',
    'FOREIGN KEY(trial_id) REFERENCES trials (trial_id)',
  ),
  table(
    'trial_values',
    'trial_value_id INTEGER NOT NULL',
    'trial_id INTEGER NOT NULL',
    'objective INTEGER NOT NULL',
    'value FLOAT',
    'value_type VARCHAR(7) NOT NULL',
    'PRIMARY KEY (trial_value_id)',
    'UNIQUE (trial_id, objective)',
    'FOREIGN KEY(trial_id) REFERENCES trials (trial_id)',
  ),
  table(
    'trial_intermediate_values',
    'trial_intermediate_value_id INTEGER NOT NULL',
    'trial_id INTEGER NOT NULL',
    'step INTEGER NOT NULL',
    'intermediate_value FLOAT',
    'intermediate_value_type VARCHAR(7) NOT NULL',
    'PRIMARY KEY (trial_intermediate_value_id)',
    'UNIQUE (trial_id, step)',
    'FOREIGN KEY(trial_id) REFERENCES trials (trial_id)',
  ),
  table(
    'trial_heartbeats',
    'trial_heartbeat_id INTEGER NOT NULL',
    'trial_id INTEGER NOT NULL',
    'heartbeat DATETIME NOT NULL',
    'PRIMARY KEY (trial_heartbeat_id)',
    'UNIQUE (trial_id)',
    'FOREIGN KEY(trial_id) REFERENCES trials (trial_id)',
  ),
  table(
    'alembic_version',
    'version_num VARCHAR(32) NOT NULL',
    'CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)',
  ),
  // 12 is the version of the schema that all revisions since 1.3 carry; the text is shown in
  // Optuna's errors only.
  `INSERT INTO version_info (version_info_id, schema_version, library_version) VALUES (1, 12, 'galapagos ${FIRST_FORMAT}')`,
  `INSERT INTO alembic_version (version_num) VALUES ('${OPTUNA_REVISION}')`,
];

/**
 * Ours. Tables only: a view over Optuna's tables breaks its storage upgrade, and a trigger on them
 * may vanish in one. `study` is `galapagos_study.id`; dates are milliseconds since 1970 UTC; JSON
 * columns are parsed by `protocol/lab-file.ts`.
 */
export const GALAPAGOS_DDL: readonly string[] = [
  `CREATE TABLE galapagos_lab (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	format INTEGER NOT NULL,
	uid TEXT NOT NULL,
	epoch INTEGER NOT NULL,
	holder TEXT
)`,
  `CREATE TABLE galapagos_study (
	id INTEGER PRIMARY KEY,
	uid TEXT NOT NULL UNIQUE,
	study_id INTEGER NOT NULL UNIQUE,
	state TEXT NOT NULL,
	reason TEXT,
	limits TEXT NOT NULL,
	trial_limit INTEGER,
	active_ms REAL NOT NULL,
	spec TEXT NOT NULL
)`,
  // params: a float64 a parameter in declaration order, little-endian, NaN where it is inactive.
  // value: ±Infinity for the worst. basis: the history length of the proposal.
  // Columns keep the names of earlier versions, so that files need no migration.
  `CREATE TABLE galapagos_trial (
	study INTEGER NOT NULL,
	number INTEGER NOT NULL,
	trial_id INTEGER,
	state TEXT NOT NULL,
	params BLOB NOT NULL,
	operator TEXT NOT NULL,
	parents TEXT,
	generation INTEGER NOT NULL,
	basis INTEGER NOT NULL,
	crashes INTEGER NOT NULL DEFAULT 0,
	deaths INTEGER NOT NULL DEFAULT 0,
	memory_failures INTEGER NOT NULL DEFAULT 0,
	lane_cap INTEGER NOT NULL DEFAULT 0,
	outcome TEXT,
	value REAL,
	finish_seq INTEGER,
	ended_by INTEGER,
	story TEXT,
	PRIMARY KEY (study, number)
) WITHOUT ROWID`,
  // k: the attempt number. spawn: the incarnation of the worker. `metric-columns.ts` adds a column
  // for each metric that the window shows.
  `CREATE TABLE galapagos_attempt (
	study INTEGER NOT NULL,
	number INTEGER NOT NULL,
	k INTEGER NOT NULL,
	slot TEXT NOT NULL,
	spawn TEXT NOT NULL,
	session TEXT NOT NULL,
	cohort TEXT NOT NULL,
	sent_at INTEGER NOT NULL,
	ended_at INTEGER,
	outcome TEXT,
	result TEXT,
	detail TEXT,
	PRIMARY KEY (study, number, k)
) WITHOUT ROWID`,
];

/**
 * Evaluations of ended trials on other nodes; k continues the trial's attempt numbers. Files of
 * earlier versions lack the table: the writer creates it when it opens a file.
 */
export const AUDIT_DDL = `CREATE TABLE IF NOT EXISTS galapagos_audit (
	study INTEGER NOT NULL,
	number INTEGER NOT NULL,
	k INTEGER NOT NULL,
	slot TEXT NOT NULL,
	sent_at INTEGER NOT NULL,
	ended_at INTEGER,
	outcome TEXT,
	value REAL,
	verdict TEXT,
	difference TEXT,
	executor TEXT,
	ms REAL,
	detail TEXT,
	PRIMARY KEY (study, number, k)
) WITHOUT ROWID`;

/**
 * Audits that are not over: the value of the trial, the slot that gave it, its arithmetic, the
 * numbers to compare (JSON, null: it diverged) and the last step of the reports among them. Earlier
 * files lack the table, or its last two columns.
 */
export const AUDIT_DUE_DDL = `CREATE TABLE IF NOT EXISTS galapagos_audit_due (
	study INTEGER NOT NULL,
	number INTEGER NOT NULL,
	slot TEXT NOT NULL,
	value REAL NOT NULL,
	arithmetic TEXT NOT NULL,
	known INTEGER NOT NULL,
	figures TEXT,
	until INTEGER,
	PRIMARY KEY (study, number)
) WITHOUT ROWID`;

/** Columns of audits that files of earlier versions lack, by table. */
export const AUDIT_COLUMNS = {
  galapagos_audit: ['difference TEXT'],
  galapagos_audit_due: ['figures TEXT', 'until INTEGER'],
} as const;

/**
 * Wrong values that audits found, until the user resumes or removes the node: the trial's value
 * with its node, and the other. Earlier files lack the table.
 */
export const MISMATCH_DDL = `CREATE TABLE IF NOT EXISTS galapagos_mismatch (
	study INTEGER NOT NULL,
	number INTEGER NOT NULL,
	node TEXT NOT NULL,
	metric TEXT NOT NULL,
	value REAL NOT NULL,
	value_from TEXT NOT NULL,
	found REAL NOT NULL,
	found_by TEXT NOT NULL,
	found_at INTEGER NOT NULL,
	PRIMARY KEY (study, number)
) WITHOUT ROWID`;

/** Predictions of trials that a model chose. As with audits, earlier files lack the table. */
export const PREDICTION_DDL = `CREATE TABLE IF NOT EXISTS galapagos_prediction (
	study INTEGER NOT NULL,
	number INTEGER NOT NULL,
	value REAL NOT NULL,
	low REAL NOT NULL,
	high REAL NOT NULL,
	log_improvement REAL NOT NULL,
	PRIMARY KEY (study, number)
) WITHOUT ROWID`;

/**
 * Trials of other searches that a study started from, numbered from 0 in an order that never
 * changes, and the parents that trials of the study have among them. params as in galapagos_trial;
 * figures: a float64 an objective, and where the study has constraints the violation,
 * little-endian. As with audits, earlier files lack the tables.
 */
export const HISTORY_DDL: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS galapagos_history (
	study INTEGER NOT NULL,
	number INTEGER NOT NULL,
	params BLOB NOT NULL,
	figures BLOB NOT NULL,
	PRIMARY KEY (study, number)
) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS galapagos_ancestor (
	study INTEGER NOT NULL,
	number INTEGER NOT NULL,
	ancestor INTEGER NOT NULL,
	PRIMARY KEY (study, number, ancestor)
) WITHOUT ROWID`,
];

/**
 * Requests of other programs to edit the search of a study, and the answers of the program that has
 * the lab open. change and answer: JSON. Earlier files lack the table.
 */
export const EDIT_REQUEST_DDL = `CREATE TABLE IF NOT EXISTS galapagos_edit_request (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	study TEXT NOT NULL,
	change TEXT NOT NULL,
	answer TEXT
)`;

/** Our tables with rows of trials. */
export const TRIAL_TABLES = [
  'galapagos_audit',
  'galapagos_audit_due',
  'galapagos_mismatch',
  'galapagos_prediction',
  'galapagos_ancestor',
  'galapagos_attempt',
  'galapagos_trial',
] as const;

/** Our tables with rows of studies, `galapagos_study` excepted. */
export const STUDY_TABLES = [...TRIAL_TABLES, 'galapagos_history'] as const;
