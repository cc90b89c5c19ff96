/**
 * Tests access control of the server: answers to browsers and programs without the token, and
 * limits for those with it.
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
      return {
        problems: [],
        gridSize: null,
        network: null,
        unused: [],
        split: null,
        metrics: null,
      };
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

  it('gets a page that says that its link is not valid when the token is wrong', async () => {
    const { status, text } = await site.ask('GET', '/?token=<script>', PAGE);
    expect(status).toBe(401);
    expect(text).toContain('<h1>This link is not valid</h1>');
    expect(text).not.toContain('<script>');
  });

  it.each([
    ['the token', TOKEN],
    ['a whole link', `http://localhost:7355/?token=${TOKEN}`],
    ['a link with spaces around it', `  http://10.0.0.1:7355/?token=${TOKEN}#/study/1 `],
  ])('gets access with %s that is pasted', async (_, pasted) => {
    const { status, headers } = await site.ask(
      'GET',
      `/?token=${encodeURIComponent(pasted)}`,
      PAGE,
    );
    expect([status, headers.location]).toEqual([303, '/']);
    expect(headers['set-cookie']?.[0]).toContain(TOKEN);
  });

  it('gets a page under a host name that is not the server’s, and one for an unknown address', async () => {
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
  it('gets JSON, also for an unknown address', async () => {
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
  ])('answers %s as a bad request', async (line) => {
    const { status, text } = await site.raw(line);
    expect(status).toBe(400);
    expect(text).toContain('"bad-request"');
  });
});

describe('Server access: sizes', () => {
  const study = (bytes: number): string => JSON.stringify({ study: { text: 'x'.repeat(bytes) } });

  it('accepts 4 MiB of input, and refuses more before reading it', async () => {
    expect((await site.call('checkStudy', study(4_000_000))).status).toBe(200);
    const refused = await site.call('checkStudy', study(4 * 2 ** 20));
    expect([refused.status, errorOf(refused).code]).toEqual([413, 'too-large']);
    expect(asked).toHaveLength(1);
  });

  it('refuses an input that is too long when its length is not announced, too', async () => {
    const chunked = await site
      .call('checkStudy', study(5_000_000), { ...BEARER, 'transfer-encoding': 'chunked' })
      .catch(() => null);
    // The connection may end before everything was sent.
    if (chunked !== null) expect(chunked.status).toBe(413);
    expect(asked).toEqual([]);
  });

  it('answers a large invalid input like a small one', async () => {
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
      // The position at the end of a syntax error differs.
      if (input !== '{"study":')
        expect(errorOf(large).data['problems']).toEqual(errorOf(small).data['problems']);
    }
  });

  it('reports at most a hundred problems', async () => {
    const input = JSON.stringify(
      Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`field${String(i)}`, 0])),
    );
    const { problems } = errorOf(await site.call('pauseStudy', input)).data as {
      problems: unknown[];
    };
    expect(problems).toHaveLength(100);
  });

  it('keeps serving while it parses a large list of files', async () => {
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
  ])('refuses %j without revealing where the server keeps files', async (paths, says) => {
    const error = await begin(...paths);
    expect(error.code).toBe('bad-upload');
    expect(String(error.data['message']).replaceAll('\\\\', '\\')).toContain(says);
    expect(JSON.stringify(error)).not.toContain(site.folder.path);
    expect(JSON.stringify(error)).not.toContain(SECRET);
  });
});
