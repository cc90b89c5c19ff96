/**
 * Command lines of PowerShell, for a person to paste: Windows PowerShell 5.1 and PowerShell 7 give
 * the program the same arguments.
 */
import { commandLine } from './template.ts';

/** Words that PowerShell passes on as they are: names, and flags without a dot or a colon. */
const PLAIN = /^-{0,2}[A-Za-z][\w-]*$/;
/** Characters that end a literal: PowerShell reads typographic quotation marks like `'`. */
const QUOTES = /['\u2018\u2019\u201A\u201B]/g;
/**
 * Makes PowerShell 7.3 and later pass arguments on as 5.1 does: in quotation marks where they have
 * spaces, and otherwise unchanged.
 */
const LEGACY = "$PSNativeCommandArgumentPassing = 'Legacy'";

/** A text in which nothing is expanded. */
export function powershellLiteral(text: string): string {
  return `'${text.replaceAll(QUOTES, '$&$&')}'`;
}

/**
 * @returns statements that run the program; more than one where releases differ in its arguments
 */
export function powershellCommand([program = '', ...args]: readonly string[]): string[] {
  const odd = args.some(isOdd);
  // Once the C runtime's quotation marks are in an argument, 5.1 adds none.
  const line = [program, ...args.map((arg) => (isOdd(arg) ? commandLine([arg], 'win32') : arg))]
    .map((word) => (PLAIN.test(word) ? word : powershellLiteral(word)))
    .join(' ');
  return [...(odd ? [LEGACY] : []), `& ${line}`];
}

/** Returns whether releases of PowerShell give the program different arguments for it. */
function isOdd(arg: string): boolean {
  return arg === '' || arg.includes('"') || (/\s/.test(arg) && arg.endsWith('\\'));
}
