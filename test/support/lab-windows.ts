/**
 * Windows of several hosts of a bed, each with its own server, name and user folder. The browser
 * runs outside the bed, so a port of this machine's loopback address leads to each server.
 */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { builtWithWindow } from './built-command.ts';
import { launchChromium, offlineContext } from './chromium.ts';
import type { HostName } from './lab-bed.ts';
import { LabHosts } from './lab-hosts.ts';
import { PATIENCE, keepShots } from './window.ts';

/** Passes what arrives on a socket of the file system to a port of the host that runs it. */
const FORWARDER = `
  const { createServer, connect } = require('node:net');
  const [path, port] = process.argv.slice(1);
  createServer((from) => {
    const to = connect(Number(port), '127.0.0.1');
    for (const socket of [from, to]) socket.on('error', () => { from.destroy(); to.destroy(); });
    from.pipe(to).pipe(from);
  }).listen(path, () => console.log('forwarding'));`;

export interface HostWindow {
  readonly page: Page;
  readonly context: BrowserContext;
}

export class LabWindows {
  readonly hosts: LabHosts;
  readonly #browser: Browser;
  readonly #servers: Server[] = [];

  private constructor(hosts: LabHosts, browser: Browser) {
    this.hosts = hosts;
    this.#browser = browser;
  }

  static async make(count: number): Promise<LabWindows> {
    await builtWithWindow();
    const hosts = await LabHosts.make(count);
    try {
      return new LabWindows(hosts, await launchChromium());
    } catch (error) {
      await hosts.close();
      throw error;
    }
  }

  /**
   * Starts a server in a host, and opens its window.
   * @param name of the machine
   * @param at place in the window
   */
  async open(host: HostName, name: string, at: string): Promise<HostWindow> {
    const path = this.hosts.folder.file(`${host}.socket`);
    const server = createServer((from) => {
      const to = connect(path);
      for (const socket of [from, to])
        socket.on('error', () => {
          from.destroy();
          to.destroy();
        });
      from.pipe(to).pipe(from);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const link = await this.#serve(host, name, port);
    const forwarding = [process.execPath, '-e', FORWARDER, path, String(port)];
    await new Promise<string>((resolve) => {
      this.hosts.bed.start(host, forwarding, { line: resolve });
    });
    const { origin } = new URL(link);
    const { context } = await offlineContext(this.#browser, origin);
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    await page.goto(`${link}${at}`);
    return { page, context };
  }

  /** @returns the address of the window, with the token */
  async #serve(host: HostName, name: string, port: number): Promise<string> {
    const lab = ['--lab', this.hosts.folder.file(`${host}.db`), '--workers', '1'];
    const args = ['serve', '--json', '--port', String(port), ...lab];
    const env = { GALAPAGOS_DISCOVERY: 'on' };
    let said: (line: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => (said = resolve));
    const { ended } = this.hosts.galapagos(host, args, (line) => said(line), { env, name });
    const line = await Promise.race([
      first,
      ended.then(({ code, stderr }) =>
        Promise.reject(new Error(`${host}: serve ended with ${String(code)}: ${stderr}`)),
      ),
    ]);
    return (JSON.parse(line) as { link: string }).link;
  }

  async close(): Promise<void> {
    await keepShots(this.#browser);
    await this.#browser.close();
    for (const server of this.#servers) server.close();
    await this.hosts.close();
  }
}
