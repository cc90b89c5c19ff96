/**
 * JSON as people write it: every syntax error with its line and column, and what `JSON.parse` lets
 * pass though no user can mean it (a name given twice, `__proto__`, nesting without end). Not a
 * parser of values: `JSON.parse` stays that.
 */
import { InvalidInput } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { pathText } from './problems.ts';

const DEEPEST = 128;

/**
 * The value of a JSON text (RFC 8259; a byte order mark is skipped).
 * @param source the file or place it came from, for the errors
 * @throws InvalidInput naming the line and column of the first syntax error, or every name given
 *   twice
 */
export function parseJson(text: string, source: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const problems = jsonProblems(json);
  if (problems.length > 0) throw new InvalidInput(source, problems);
  return JSON.parse(json);
}

/** Returns what keeps a text from being JSON that can be meant; empty: nothing. */
export function jsonProblems(text: string): Problem[] {
  const scanner = new Scanner(text);
  try {
    scanner.text();
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return [fault.problem];
  }
  return scanner.problems;
}

class Fault extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.expected);
    this.problem = problem;
  }
}

/**
 * Reads a text once from left to right by JSON's grammar; throws `Fault` at the first character
 * that breaks it.
 */
class Scanner {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  text(): void {
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('the end of the text');
  }

  #value(): void {
    this.#space();
    const next = this.#text[this.#at];
    if (next === '{') this.#object();
    else if (next === '[') this.#list();
    else if (next === '"') this.#string();
    else if (
      !this.#match(
        /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y,
      )
    )
      this.#fail('a value');
  }

  #object(): void {
    const names = new Set<string>();
    this.#inside('}', () => {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('a name in double quotes');
      const name = this.#string();
      this.#path.push(name);
      if (name === '__proto__') this.#note('forbidden-name', 'another name', JSON.stringify(name));
      else if (names.has(name))
        this.#note('duplicate-name', 'each name once', `${JSON.stringify(name)} again`);
      names.add(name);
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('":"');
      this.#at += 1;
      this.#value();
      this.#path.pop();
    });
  }

  #list(): void {
    let index = 0;
    this.#inside(']', () => {
      this.#path.push(index++);
      this.#value();
      this.#path.pop();
    });
  }

  /** Entries between brackets, separated by commas. */
  #inside(end: '}' | ']', entry: () => void): void {
    if (this.#path.length >= DEEPEST) this.#fail(`at most ${DEEPEST} levels of nesting`);
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] !== end) {
      for (;;) {
        entry();
        this.#space();
        if (this.#text[this.#at] === end) break;
        if (this.#text[this.#at] !== ',') this.#fail(`"," or "${end}"`);
        this.#at += 1;
        this.#space();
        if (this.#text[this.#at] === end)
          this.#fail(`another entry after ","`, `JSON has no "," before "${end}"`);
      }
    }
    this.#at += 1;
  }

  #string(): string {
    const from = this.#at;
    // eslint-disable-next-line no-control-regex -- JSON forbids exactly these inside a string
    if (!this.#match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y)) {
      // eslint-disable-next-line no-control-regex -- as above
      this.#match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y);
      this.#fail(
        'the closing " of a string',
        this.#text[this.#at] === '\\' ? 'an unknown escape; write \\\\ for a backslash' : undefined,
      );
    }
    return JSON.parse(this.#text.slice(from, this.#at)) as string;
  }

  #space(): void {
    this.#match(/[ \t\r\n]*/y);
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #note(code: string, expected: string, found: string): void {
    this.problems.push({ code, path: pathText(this.#path), expected, found });
  }

  #fail(expected: string, hint: string | undefined = this.#hint()): never {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = this.#at - before.lastIndexOf('\n');
    const word = /^(?:\w+|[^\w\s]|\s)/.exec(this.#text.slice(this.#at, this.#at + 20))?.[0];
    const found = word === undefined ? 'the end of the text' : JSON.stringify(word);
    throw new Fault({
      code: 'syntax',
      path: `line ${line}, column ${column}`,
      expected,
      found,
      hint,
    });
  }

  #hint(): string | undefined {
    const rest = this.#text.slice(this.#at, this.#at + 9);
    if (/^-?(?:NaN|Infinity)/.test(rest)) return 'JSON has no NaN and no Infinity';
    if (/^(?:\/[/*]|#)/.test(rest)) return 'JSON has no comments';
    if (rest.startsWith("'")) return 'JSON strings stand in double quotes';
    if (/^(?:True|False|None)/.test(rest)) return 'JSON writes true, false and null';
    if (/^(?:\+|-?\.|0\d|-?\d+\.(?!\d))/.test(rest))
      return 'JSON numbers look like 0.5, -2 or 1e-4';
    return undefined;
  }
}
