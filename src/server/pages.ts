/** HTML pages for browsers without access and for unknown addresses. Programs get JSON instead. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from './access.ts';
import { WINDOW_HEADERS } from './window-files.ts';

interface Page {
  readonly title: string;
  /** States what happened and why, then what to do. */
  readonly paragraphs: readonly string[];
  /** True if the page has a field for the link or its token. */
  readonly asks: boolean;
}

/** Returns whether a browser loads a page; scripts and programs do not accept HTML first. */
export function isPageLoad({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html');
}

/** @param gave whether the address contained a token, which then was wrong */
export function refusalPage({ code }: Refusal, gave: boolean): Page {
  if (code !== 'wrong-token') {
    return {
      title: 'Galapagos does not answer under this address',
      paragraphs: [
        'For security, this server answers only under its own names and addresses.',
        'Open the link that “galapagos serve” printed.',
      ],
      asks: false,
    };
  }
  return {
    title: gave ? 'This link is not valid' : 'Galapagos needs its link',
    paragraphs: [
      gave
        ? 'The token in the link is not the token of this server. Either the server has been restarted with another token, or the link was not copied completely.'
        : 'This browser has not opened the link of this server yet, or the server has been restarted with another token. Access requires the link.',
      'Paste the link that “galapagos serve” printed, or the token at its end. “galapagos serve --print-link” prints it again.',
    ],
    asks: true,
  };
}

export const NOT_FOUND: Page = {
  title: 'Page not found',
  paragraphs: ['Galapagos has a single page, which is at the start address.'],
  asks: false,
};

const STYLE = `
  :root { color-scheme: light dark; }
  body { margin: 0; padding: 12vh 24px 24px; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
  main { max-width: 34em; margin: 0 auto; }
  h1 { font-size: 24px; line-height: 1.25; margin: 0 0 16px; }
  form { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 24px; }
  label { flex-basis: 100%; font-weight: 600; }
  input { flex: 1 1 16em; }
  input, button { font: inherit; padding: 8px 12px; }
`;
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FORM = `<form action="/" method="get"><label for="token">Link or token</label>
<input id="token" name="token" autocomplete="off" spellcheck="false" autofocus required><button>Open</button></form>`;
const START = '<p><a href="/">Go to the start</a></p>';

export function sendPage(
  response: ServerResponse,
  status: number,
  { title, paragraphs, asks }: Page,
): void {
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} – Galapagos</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1>
${paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('\n')}
${asks ? FORM : status === 404 ? START : ''}</main></body>
</html>
`;
  response.writeHead(status, {
    ...WINDOW_HEADERS,
    'content-security-policy': POLICY,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(html);
}
