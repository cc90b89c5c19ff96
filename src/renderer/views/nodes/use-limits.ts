/** Limits of the use of a machine, as the form edits them. */
import type { CallInput } from '../../../protocol/endpoints.ts';

export type UseLimitsValue = Readonly<CallInput<'node.limits'>['limits']>;

export const NO_USE_LIMITS: UseLimitsValue = { devices: null, hours: null, whenIdle: false };

/** Hours of use that are offered first. */
export const USUAL_HOURS = { from: 18, to: 9 } as const;
