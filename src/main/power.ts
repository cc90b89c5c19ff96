/**
 * Power and input of the desktop: seconds since the last input, and a word to the host of this
 * machine's lab before the machine sleeps.
 */
import { powerMonitor } from 'electron';
import type { Application } from '../endpoints/application.ts';

/**
 * @returns reads the seconds since the last input; undefined: this release of Electron does not
 *   tell them, and other sources are asked
 */
export function idleSeconds(): (() => number) | undefined {
  const monitor: Partial<Pick<typeof powerMonitor, 'getSystemIdleTime'>> = powerMonitor;
  if (typeof monitor.getSystemIdleTime !== 'function') return undefined;
  return () => powerMonitor.getSystemIdleTime();
}

/** Reports to the application when the machine goes to sleep and wakes. */
export function setupSleepNotice(application: Pick<Application, 'asleep'>): void {
  powerMonitor.on('suspend', () => application.asleep(true));
  powerMonitor.on('resume', () => application.asleep(false));
}
