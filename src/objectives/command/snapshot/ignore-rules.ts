/**
 * The rules of `.gitignore` and `.galapagosignore` files for one folder of a project, as git
 * applies them: a deeper file takes precedence over an outer one, and a later line over an earlier
 * one.
 */
import ignore from 'ignore';
import type { Ignore } from 'ignore';

/** Rules of one folder's files, for a folder below it. */
interface Level {
  readonly rules: Ignore;
  /** Path from the level's folder to the present one: empty, or with a "/" at its end. */
  readonly prefix: string;
}

export class IgnoreRules {
  /** Outermost first. */
  readonly #levels: readonly Level[];

  private constructor(levels: readonly Level[]) {
    this.#levels = levels;
  }

  /** @param text of the files of the topmost folder, the one that takes precedence last */
  static top(text: string): IgnoreRules {
    return new IgnoreRules(levelOf(text));
  }

  /** Returns whether an entry of the present folder is left out. */
  ignores(name: string, isFolder: boolean): boolean {
    for (const { rules, prefix } of [...this.#levels].reverse()) {
      const { ignored, unignored } = rules.test(`${prefix}${name}${isFolder ? '/' : ''}`);
      if (ignored || unignored) return ignored;
    }
    return false;
  }

  /**
   * Returns the rules of a folder in the present one, which is not left out.
   * @param text of that folder's files
   */
  enter(name: string, text: string): IgnoreRules {
    const levels = this.#levels.map(({ rules, prefix }) => {
      const path = `${prefix}${name}/`;
      // A deeper file takes it in again; the library would leave out all that it contains.
      const opened = rules.test(path).ignored
        ? exactCase()
            .add(rules)
            .add(`!/${escaped(path)}`)
        : rules;
      return { rules: opened, prefix: path };
    });
    return new IgnoreRules([...levels, ...levelOf(text)]);
  }
}

function levelOf(text: string): Level[] {
  return text.trim() === ''
    ? []
    : [{ rules: exactCase().add(text.replaceAll('\uFEFF', '')), prefix: '' }];
}

/** As git does where file names differ by case. */
function exactCase(): Ignore {
  return ignore({ ignorecase: false });
}

/** The path as a pattern that matches nothing else. */
function escaped(path: string): string {
  return path.replaceAll(/[\\*?[\] ]/g, String.raw`\$&`);
}
