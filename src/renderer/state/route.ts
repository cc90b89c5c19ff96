/**
 * Converts places of the window to the fragment of its address and back. Pure; `route.svelte.ts`
 * applies them.
 */

export const tabs = ['evolution', 'space', 'curves', 'trials', 'lab'] as const;
export type Tab = (typeof tabs)[number];

export type Place =
  | { readonly page: 'start' }
  | { readonly page: 'study'; readonly study: string; readonly tab: Tab }
  | { readonly page: 'compare'; readonly studies: readonly string[] }
  /** `dataset` null stands for MNIST. `script`: for a person's own script. */
  | { readonly page: 'new'; readonly dataset: string | null; readonly script?: true }
  | { readonly page: 'datasets'; readonly dataset: string | null }
  | { readonly page: 'import'; readonly import: string }
  | { readonly page: 'machines' }
  | { readonly page: 'settings' };

/** @returns null for a fragment that is no place of this window */
export function parsePlace(hash: string): Place | null {
  const [page = '', ...rest] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  const [first = null] = rest;
  switch (page) {
    case 'start':
    case 'machines':
    case 'settings':
      return { page };
    case 'study':
      return first === null
        ? null
        : { page, study: first, tab: tabs.find((tab) => tab === rest[1]) ?? 'evolution' };
    case 'compare':
      return rest.length < 2 ? null : { page, studies: rest };
    case 'new':
      return rest[1] === 'script' && first === ''
        ? { page, dataset: null, script: true }
        : { page, dataset: first };
    case 'datasets':
      return { page, dataset: first };
    case 'import':
      return first === null ? null : { page, import: first };
    default:
      return null;
  }
}

export function placeText(place: Place): string {
  return `#/${partsOf(place).map(encodeURIComponent).join('/')}`;
}

function partsOf(place: Place): readonly string[] {
  switch (place.page) {
    case 'start':
    case 'machines':
    case 'settings':
      return [place.page];
    case 'study':
      return [place.page, place.study, place.tab];
    case 'compare':
      return [place.page, ...place.studies];
    case 'new':
      if (place.script === true) return [place.page, '', 'script'];
      return place.dataset === null ? [place.page] : [place.page, place.dataset];
    case 'datasets':
      return place.dataset === null ? [place.page] : [place.page, place.dataset];
    case 'import':
      return [place.page, place.import];
  }
}

/** Keeps a part that is not encoded correctly as it is. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
