/** Assigns keys to commands for the whole window. Keys inside a chart belong to the chart. Pure. */

export type CommandName =
  | `tab-${1 | 2 | 3 | 4 | 5}`
  | 'next'
  | 'previous'
  | 'lineage-next'
  | 'lineage-previous'
  | 'parents'
  | 'children'
  | 'best'
  | 'fit'
  | 'table'
  | 'pause-resume'
  | 'new-study'
  | 'open-data'
  | 'open-lab'
  | 'export-best'
  | 'commands'
  | 'settings'
  | 'keys'
  | 'out'
  | 'stop'
  | 'add'
  | 'strip'
  | 'datasets'
  | 'machines'
  | 'rename'
  | 'duplicate'
  | 'delete';

interface Key {
  readonly key: string;
  readonly ctrl?: boolean;
  readonly shift?: boolean;
  readonly command: CommandName;
  /** Spelling in the list of shortcuts. */
  readonly shown: string;
}

export const keys: readonly Key[] = [
  { key: '1', command: 'tab-1', shown: '1' },
  { key: '2', command: 'tab-2', shown: '2' },
  { key: '3', command: 'tab-3', shown: '3' },
  { key: '4', command: 'tab-4', shown: '4' },
  { key: '5', command: 'tab-5', shown: '5' },
  { key: 'j', command: 'next', shown: 'J' },
  { key: 'k', command: 'previous', shown: 'K' },
  { key: 'j', shift: true, command: 'lineage-next', shown: 'Shift J' },
  { key: 'k', shift: true, command: 'lineage-previous', shown: 'Shift K' },
  { key: 'p', command: 'parents', shown: 'P' },
  { key: 'c', command: 'children', shown: 'C' },
  { key: 'b', command: 'best', shown: 'B' },
  { key: 'f', command: 'fit', shown: 'F' },
  { key: 't', command: 'table', shown: 'T' },
  { key: ' ', command: 'pause-resume', shown: 'Space' },
  { key: 'f2', command: 'rename', shown: 'F2' },
  { key: 'n', ctrl: true, command: 'new-study', shown: 'Ctrl N' },
  { key: 'o', ctrl: true, command: 'open-data', shown: 'Ctrl O' },
  { key: 'o', ctrl: true, shift: true, command: 'open-lab', shown: 'Ctrl Shift O' },
  { key: 's', ctrl: true, command: 'export-best', shown: 'Ctrl S' },
  { key: 'k', ctrl: true, command: 'commands', shown: 'Ctrl K' },
  { key: ',', ctrl: true, command: 'settings', shown: 'Ctrl ,' },
  { key: '?', command: 'keys', shown: '?' },
  { key: 'escape', command: 'out', shown: 'Esc' },
];

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'> & {
  readonly target?: EventTarget | null;
};

/**
 * @param typing whether the focus is in a field or a menu; then only keys with Ctrl are commands
 * @param byPointer whether the focus was set by a click; Space then does not press the focused
 * button
 * @returns null when the key has no command
 */
export function commandFor(event: Pressed, typing: boolean, byPointer = false): CommandName | null {
  if (event.altKey) return null;
  const ctrl = event.ctrlKey || event.metaKey;
  if (typing && !ctrl) return null;
  const pressed = event.key.toLowerCase();
  const found = keys.find(
    ({ key, ctrl: withCtrl = false, shift = false }) =>
      // A question mark is typed with Shift on some keyboards and without on others.
      key === pressed && withCtrl === ctrl && (key === '?' || shift === event.shiftKey),
  );
  if (found?.command === 'pause-resume' && !byPointer && isButton(event.target)) return null;
  return found?.command ?? null;
}

/** Returns whether Space would press the target: a button that was reached with the keyboard. */
function isButton(target: EventTarget | null | undefined): boolean {
  return (
    target instanceof Element &&
    target.matches('button, a, summary, [role="radio"], [role="tab"], [role="checkbox"]')
  );
}

export function shownKey(command: string): string | null {
  return keys.find((key) => key.command === command)?.shown ?? null;
}
