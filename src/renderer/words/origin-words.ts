/** Origin of a trial in words. Pure. */
import { text } from '../text.ts';

const founders = new Set(['random', 'uniform', 'latin-hypercube', '']);

/** @param isPredicted whether a model chose the trial among candidates */
export function originText(
  operator: string,
  parents: readonly number[],
  isPredicted: boolean,
): string {
  const { origin } = text.inspector;
  const [copied, own] = parents;
  if (operator === 'copy' && copied !== undefined && own !== undefined)
    return origin.copy({ copied, own });
  if (parents.length > 0) return origin.of({ operator: operatorWord(operator), parents });
  if (founders.has(operator)) return isPredicted ? origin.chosen : origin.founder;
  return origin.other({ operator: operatorWord(operator) });
}

/** Word for an operator; unknown operators keep their name. */
export function operatorWord(operator: string): string {
  if (operator === 'crossover+mutation') return text.operators.both;
  if (operator === 'mutation') return text.operators.mutation;
  if (operator === 'crossover') return text.operators.crossover;
  if (operator === 'cma-es') return text.operators.cmaEs;
  if (operator === 'continue') return text.operators.goOn;
  if (operator === 'copy') return text.operators.copy;
  return founders.has(operator) ? text.operators.random : operator.replace(/-/g, ' ');
}
