/**
 * Determines what an SQLite file contains: nothing, Optuna's tables alone, or a lab. Refuses any
 * other file and names its contents.
 */
import type { Connection } from './connection.ts';
import { StorageError } from './errors.ts';
import { LAB_FORMAT } from './format.ts';
import { OLDER_REVISIONS, OPTUNA_DDL, OPTUNA_REVISION } from './schema.ts';
import { storageError } from './sqlite-failure.ts';

export type Recognised = 'empty' | 'optuna' | 'lab';

const OPTUNA_TABLES = OPTUNA_DDL.flatMap((sql) => /^CREATE TABLE (\w+)/.exec(sql)?.[1] ?? []);

/** @throws StorageError not-a-lab, schema-older, schema-newer, damaged, not-sqlite */
export function recognise(connection: Connection): Recognised {
  try {
    return recogniseTables(connection);
  } catch (error) {
    throw storageError(error, connection.file, 'read the lab file');
  }
}

function recogniseTables(connection: Connection): Recognised {
  const { file } = connection;
  const tables = new Set(
    connection
      .all("SELECT name FROM sqlite_master WHERE type = 'table'")
      .map(([name]) => String(name)),
  );
  if (tables.size === 0) return 'empty';
  const optunas = OPTUNA_TABLES.filter((name) => tables.has(name));
  if (!tables.has('studies') || !tables.has('trials') || !tables.has('alembic_version')) {
    const found = `tables ${[...tables].slice(0, 4).join(', ')}${tables.size > 4 ? ' …' : ''}`;
    throw new StorageError(
      'not-a-lab',
      file,
      `${file}: not a lab file, but the database of another program (${found})`,
      {
        expected: "a lab file, or a file of Optuna's",
        found,
      },
    );
  }
  const revision = connection.get('SELECT version_num FROM alembic_version')?.[0];
  if (revision !== OPTUNA_REVISION)
    throw wrongRevision(file, typeof revision === 'string' ? revision : 'none');
  const missing = OPTUNA_TABLES.find((name) => !optunas.includes(name));
  if (missing !== undefined) {
    throw new StorageError(
      'damaged',
      file,
      `${file}: its schema says ${OPTUNA_REVISION}, but the table ${missing} is missing`,
      {
        expected: `the tables of ${OPTUNA_REVISION}`,
        found: `no table ${missing}`,
      },
    );
  }
  if (!tables.has('galapagos_lab')) return 'optuna';
  const format = connection.get('SELECT format FROM galapagos_lab')?.[0];
  if (typeof format !== 'number' || format < 1) {
    throw new StorageError('damaged', file, `${file}: its format number is missing`, {
      expected: `${LAB_FORMAT}`,
      found: String(format),
    });
  }
  if (format > LAB_FORMAT) {
    throw new StorageError(
      'schema-newer',
      file,
      `${file}: written by a newer Galapagos (format ${format}; this version reads up to ${LAB_FORMAT}): update Galapagos`,
      {
        expected: `${LAB_FORMAT}`,
        found: `${format}`,
      },
    );
  }
  return 'lab';
}

function wrongRevision(file: string, found: string): StorageError {
  const expected = OPTUNA_REVISION;
  if (OLDER_REVISIONS.includes(found)) {
    const remedy = `optuna storage upgrade --storage sqlite:///${file}`;
    return new StorageError(
      'schema-older',
      file,
      `${file}: written by an older Optuna (${found}); upgrade it to ${expected} with "${remedy}"`,
      {
        expected,
        found,
      },
    );
  }
  return new StorageError(
    'schema-newer',
    file,
    `${file}: its Optuna schema ${found} is not supported (expected ${expected}): update Galapagos`,
    {
      expected,
      found,
    },
  );
}
