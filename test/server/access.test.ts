/**
 * What people and programs get whom the server does not let in, and what it does not take from
 * those whom it does.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AskedServer, BEARER, PAGE, SECRET, TOKEN, errorOf } from '../support/asked-server.ts';

let asked: unknown[];
let site: AskedServer;
beforeEach(async () => {
  asked = [];
  site = await AskedServer.start({
    pauseStudy: (input) => {
      asked.push(input);
      return null;
    },
    checkStudy: (input) => {
      asked.push(input);
      return { problems: [], gridSize: null, network: null, unused: [], split: null };
    },
  });
});
afterEach(() => site.close());

describe('Server access: a browser without the token', () => {
  it('gets a page that says what happened and asks for the link', async () => {
    const { status, headers, text } = await site.ask('GET', '/', PAGE);
    expect(status).toBe(401);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'; style-src 'sha256-");
    expect(text).toContain('<h1>Galapagos needs its link</h1>');
    expect(text).toContain('name="token"');
    expect(text).not.toContain(TOKEN);
  });

  it('is told that its link is not valid where the token is wrong', async () => {
    const { status, text } = await site.ask('GET', '/?token=<script>', PAGE);
    expect(status).toBe(401);
    expect(text).toContain('<h1>This link is not valid</h1>');
    expect(text).not.toContain('<script>');
  });

  it.each([
    ['the token', TOKEN],
    ['a whole link', `http://localhost:7355/?token=${TOKEN}`],
    ['a link with spaces around it', `  http://10.0.0.1:7355/?token=${TOKEN}#/study/1 `],
  ])('is let in by %s that is pasted', async (_, pasted) => {
    const { status, headers } = await site.ask(
      'GET',
      `/?token=${encodeURIComponent(pasted)}`,
      PAGE,
    );
    expect([status, headers.location]).toEqual([303, '/']);
    expect(headers['set-cookie']?.[0]).toContain(TOKEN);
  });

  it('gets a page under a name that is not the server’s, and one for an address that is not there', async () => {
    const elsewhere = await site.ask('GET', '/', { ...PAGE, host: 'evil.example' });
    expect([elsewhere.status, elsewhere.text]).toEqual([
      403,
      expect.stringContaining('does not answer under this address'),
    ]);
    const lost = await site.ask('GET', '/nowhere', { ...PAGE, ...BEARER });
    expect([lost.status, lost.text]).toEqual([404, expect.stringContaining('Page not found')]);
  });
});

describe('Server access: a program without the token', () => {
  it('gets JSON, as it does for an address that is not there', async () => {
    expect(errorOf(await site.ask('GET', '/', { accept: '*/*' })).code).toBe('wrong-token');
    expect(errorOf(await site.call('pauseStudy', '{"study":"a"}', PAGE)).code).toBe('wrong-token');
    expect(errorOf(await site.ask('GET', '/nowhere')).code).toBe('not-found');
  });
});

describe('Server access: addresses', () => {
  it.each([
    'GET //',
    'GET //evil.example/',
    'GET http://evil.example/',
    'GET *',
    'GET //[',
    'POST //api/pauseStudy',
  ])('%s is a bad request', async (line) => {
    const { status, text } = await site.raw(line);
    expect(status).toBe(400);
    expect(text).toContain('"bad-request"');
  });
});

describe('Server access: sizes', () => {
  const study = (bytes: number): string => JSON.stringify({ study: { text: 'x'.repeat(bytes) } });

  it('takes 4 MiB of input, and refuses more before reading it', async () => {
    expect((await site.call('checkStudy', study(4_000_000))).status).toBe(200);
    const refused = await site.call('checkStudy', study(4 * 2 ** 20));
    expect([refused.status, errorOf(refused).code]).toEqual([413, 'too-large']);
    expect(asked).toHaveLength(1);
  });

  it('refuses too long an input also where its length is not announced', async () => {
    const chunked = await site
      .call('checkStudy', study(5_000_000), { ...BEARER, 'transfer-encoding': 'chunked' })
      .catch(() => null);
    // The connection may end before all was sent.
    if (chunked !== null) expect(chunked.status).toBe(413);
    expect(asked).toEqual([]);
  });

  it('answers a large input as it does a small one', async () => {
    const padding = ' '.repeat(100_000);
    expect((await site.call('pauseStudy', `${padding}{"study":"a"}`)).text).toBe(
      '{"ok":true,"value":null}',
    );
    expect(asked).toEqual([{ study: 'a' }]);
    for (const input of ['{"study":7}', '{"study":', '{"study":"a","more":1}', '[]']) {
      const [small, large] = [
        await site.call('pauseStudy', input),
        await site.call('pauseStudy', `${input}${padding}`),
      ];
      expect(large.status).toBe(400);
      // Syntax errors differ in what they found at the end.
      if (input !== '{"study":')
        expect(errorOf(large).data['problems']).toEqual(errorOf(small).data['problems']);
    }
  });

  it('reports a hundred problems at most', async () => {
    const input = JSON.stringify(
      Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`field${String(i)}`, 0])),
    );
    const { problems } = errorOf(await site.call('pauseStudy', input)).data as {
      problems: unknown[];
    };
    expect(problems).toHaveLength(100);
  });

  it('goes on serving while it parses a large list of files, and takes it', async () => {
    const files = Array.from({ length: 200_000 }, (_, i) => ({
      path: `${String(i % 10)}/${String(i)}.png`,
      bytes: 10,
    }));
    const beginning = site.call('beginUpload', JSON.stringify({ files }));
    const begun = beginning.then(() => true);
    let meanwhile = 0;
    while (
      !(await Promise.race([begun, site.call('pauseStudy', '{"study":"a"}').then(() => false)]))
    )
      meanwhile += 1;
    expect(meanwhile).toBeGreaterThan(1);
    const { upload } = (JSON.parse((await beginning).text) as { value: { upload: string } }).value;
    expect(() => site.uploads.pathOf(upload)).toThrow('0/0.png: expected 10 bytes, found 0 bytes');
  });
});

describe('Uploads: hostile lists', () => {
  const begin = async (...paths: string[]): Promise<ReturnType<typeof errorOf>> =>
    errorOf(
      await site.call(
        'beginUpload',
        JSON.stringify({ files: paths.map((path) => ({ path, bytes: 0 })) }),
      ),
    );

  it.each([
    [['a', 'a/b'], 'a: expected a file or a folder, found both'],
    [['x/y/z', 'x/y'], 'x/y: expected a file or a folder, found both'],
    [
      ['invoice\u202egnp.exe'],
      'expected a path without control characters, found "invoice\\u202egnp.exe"',
    ],
    [['\ud800'], 'expected a path without control characters'],
    [['a\u0007'], 'expected a path without control characters'],
    [
      ['x'.repeat(250) + '/' + 'ü'.repeat(250)],
      'expected a name that the disk of the server takes, found ENAMETOOLONG',
    ],
  ])('refuses %j without telling where the server keeps files', async (paths, says) => {
    const error = await begin(...paths);
    expect(error.code).toBe('bad-upload');
    expect(String(error.data['message']).replaceAll('\\\\', '\\')).toContain(says);
    expect(JSON.stringify(error)).not.toContain(site.folder.path);
    expect(JSON.stringify(error)).not.toContain(SECRET);
  });
});
