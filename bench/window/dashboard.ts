/** Time until optuna-dashboard shows the trials of a lab file. Absent where no Python has it. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { peerPython } from '../processes.ts';

const PATIENCE = 120_000;

export interface DashboardTime {
  /** Seconds from the start of its process to its table; null: not measured. */
  readonly seconds: number | null;
  readonly note: string;
}

export async function dashboard(browser: Browser, lab: string): Promise<DashboardTime> {
  const python = peerPython('optuna_dashboard');
  if (python === null)
    return {
      seconds: null,
      note: 'no peer: no Python with optuna-dashboard; set GALAPAGOS_PEER_PYTHON',
    };
  const port = await freePort();
  const program = 'import sys; from optuna_dashboard._cli import main; sys.exit(main())';
  const begun = performance.now();
  const child = spawn(python, ['-c', program, `sqlite:///${lab}`, '--port', String(port)], {
    stdio: 'ignore',
  });
  const origin = `http://127.0.0.1:${port}`;
  try {
    while (!(await answers(origin))) {
      if (child.exitCode !== null)
        return { seconds: null, note: `optuna-dashboard ended with ${child.exitCode}` };
      await wait(50);
    }
    const started = (performance.now() - begun) / 1000;
    const context = await browser.newContext();
    const page = await context.newPage();
    const navigated = performance.now();
    await page.goto(`${origin}/dashboard/studies/1/trials`, { timeout: PATIENCE });
    await page
      .getByText(/^Trial \d+/)
      .first()
      .waitFor({ timeout: PATIENCE });
    const shown = (performance.now() - navigated) / 1000;
    await context.close();
    return {
      seconds: started + shown,
      note: `optuna-dashboard: process ${started.toFixed(1)} s, its list of trials ${shown.toFixed(1)} s`,
    };
  } catch (error) {
    return {
      seconds: null,
      note: `optuna-dashboard showed no trial within ${PATIENCE / 1000} s: ${String(error).split('\n')[0] ?? ''}`,
    };
  } finally {
    child.kill('SIGKILL');
  }
}

async function answers(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/dashboard/`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}
