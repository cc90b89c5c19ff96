/** Chooses the form in which a plan runs. */
import type { Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Binding } from './binding.ts';
import { EagerProgram } from './eager-program.ts';
import { GraphProgram } from './graph-program.ts';
import type { Program } from './program.ts';

/** `xla`: a graph whose loops XLA compiles. */
export type Form = 'xla' | 'graph' | 'ops';

/** Creates a program that runs as a graph, or op by op if TensorFlow refuses the graph. */
export function makeProgram(
  binding: Binding,
  plan: Plan,
  lanes: number,
  form: Form,
  refused?: string,
): Program {
  if (refused !== undefined) return new EagerProgram(binding, plan, lanes, refused);
  if (form === 'ops') return new EagerProgram(binding, plan, lanes, 'the graph was disabled');
  try {
    return new GraphProgram(binding, plan, lanes, form === 'xla');
  } catch (error) {
    if (error instanceof TrainingError) throw error;
    return new EagerProgram(
      binding,
      plan,
      lanes,
      error instanceof Error ? error.message : String(error),
    );
  }
}
