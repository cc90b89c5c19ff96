import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sharing } from '../../src/cli/actions/doctor-sharing.ts';
import { listenTcp } from '../support/tcp.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A system with these files, and a TCP port that is free. */
async function system(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const root = folder.path;
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const server = await listenTcp();
  server.close();
  const { port } = server;
  return { paths: { etc: join(root, 'etc'), run: join(root, 'run') }, port };
}

describe('Doctor: sharing a lab', () => {
  it('finds nothing to do where no firewall is on and the port is free', async () => {
    const { paths, port } = await system({ 'etc/ufw/ufw.conf': 'ENABLED=no\n' });
    expect(await sharing(paths, port)).toMatchObject({ state: 'ok', remedy: null });
  });

  it('shows the command for ufw', async () => {
    const { paths, port } = await system({ 'etc/ufw/ufw.conf': '# set by ufw\nENABLED=yes\n' });
    expect(await sharing(paths, port)).toMatchObject({
      state: 'optional',
      remedy: `needed only to share a lab: run sudo ufw allow ${port}/tcp`,
    });
  });

  it('shows the commands for firewalld', async () => {
    const { paths, port } = await system({ 'run/firewalld.pid': '812' });
    expect((await sharing(paths, port)).remedy).toContain(
      `sudo firewall-cmd --permanent --add-port=${port}/tcp && sudo firewall-cmd --reload`,
    );
  });

  it('says that the port is in use', async () => {
    const { paths } = await system({});
    const server = await listenTcp();
    const check = await sharing(paths, server.port);
    server.close();
    expect(check).toMatchObject({ state: 'optional' });
    expect(check.found).toContain(`TCP port ${server.port} is in use`);
    expect(check.remedy).toContain('--lab-port');
  });
});
