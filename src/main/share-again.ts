/** Shares the lab again as it was when the app quit, so that its machines find it. */
import type { Application } from '../endpoints/application.ts';
import type { CallContext } from '../protocol/endpoint.ts';

/** @param port at which the lab was shared */
export function shareAgain({ endpoints }: Pick<Application, 'endpoints'>, port: number): void {
  const context: CallContext = { host: 'electron', signal: new AbortController().signal };
  // The window shows why sharing failed.
  Promise.resolve(endpoints.calls['lab.share']({ on: true, port }, context)).catch(() => undefined);
}
