/**
 * Pointer and keyboard input of the Evolution chart: picking, zooming and brushing. Independent of
 * the document and of the window's state.
 */
import type { Places, Span } from './places.ts';

export interface PointingActs {
  /** Called when the visible range has changed. */
  moved(): void;
  select(number: number | null): void;
  /** Called when the pointer has rested for a moment; null when nothing is under it. */
  hover(number: number | null, x: number, y: number): void;
  brush(range: Span | null): void;
  cursor(number: number | null): void;
}

const REACH = 12;
const REST_MS = 80;
/** Distance in px from which a movement is a drag. */
const DRAG = 5;

export class Pointing {
  readonly #places: Places;
  readonly #acts: PointingActs;
  #timer = 0;
  #under: number | null = null;
  #down: { readonly x: number; readonly y: number } | null = null;
  #dragging = false;

  constructor(places: Places, acts: PointingActs) {
    this.#places = places;
    this.#acts = acts;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#down = at(event);
    this.#dragging = false;
    if (event.currentTarget instanceof Element)
      event.currentTarget.setPointerCapture(event.pointerId);
  }

  move(event: PointerEvent): void {
    const { x, y } = at(event);
    if (this.#down !== null && (this.#dragging || Math.abs(x - this.#down.x) > DRAG)) {
      this.#dragging = true;
      this.#acts.brush(this.#numbersBetween(this.#down.x, x));
      return;
    }
    const found = this.#places.pick(x, y, REACH);
    if (found === this.#under) return;
    this.#under = found;
    clearTimeout(this.#timer);
    if (found === null) this.#acts.hover(null, x, y);
    else {
      this.#timer = window.setTimeout(
        () => this.#acts.hover(found, this.#places.x(found), this.#places.y(found)),
        REST_MS,
      );
    }
  }

  up(event: PointerEvent): void {
    const { x, y } = at(event);
    const was = this.#down;
    this.#down = null;
    if (was === null || this.#dragging) return;
    const found = this.#places.pick(x, y, REACH);
    this.#acts.select(found);
    if (found === null) this.#acts.brush(null);
  }

  leave(): void {
    clearTimeout(this.#timer);
    this.#under = null;
    this.#acts.hover(null, 0, 0);
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    const { x, y } = at(event);
    const by = Math.exp(
      Math.max(-1, Math.min(1, (event.deltaY === 0 ? event.deltaX : event.deltaY) / 300)),
    );
    if (event.shiftKey) this.#zoomTall(y, by);
    else this.#zoomAlong(x, by);
    this.leave();
    this.#acts.moved();
  }

  /**
   * @param cursor the trial with the keyboard focus
   * @param selected starting point while no trial has it
   */
  key(event: KeyboardEvent, cursor: number | null, selected: number | null): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { table, best } = this.#places.population;
    const from = cursor ?? selected ?? best ?? 0;
    switch (event.key) {
      case 'ArrowLeft':
      case 'ArrowRight': {
        const by = event.key === 'ArrowLeft' ? -1 : 1;
        let next = cursor === null ? from : from + by;
        while (next >= 0 && next < table.size && !table.has(next)) next += by;
        if (table.has(next) && next >= 0) this.#acts.cursor(next);
        break;
      }
      case 'ArrowUp':
      case 'ArrowDown':
        this.#acts.cursor(
          cursor === null ? from : (this.#beside(from, event.key === 'ArrowUp' ? -1 : 1) ?? from),
        );
        break;
      case 'Enter':
        if (cursor === null) return;
        this.#acts.select(cursor);
        break;
      case 'Escape':
        if (cursor === null) return;
        this.#acts.cursor(null);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** The nearest trial above (−1) or below (1). */
  #beside(number: number, side: 1 | -1): number | null {
    const places = this.#places;
    const [x, y] = [places.x(number), places.y(number)];
    let [found, least]: [number | null, number] = [null, Infinity];
    for (const other of places.seen()) {
      const [dx, dy] = [places.x(other) - x, (places.y(other) - y) * side];
      if (dy < 1) continue;
      const distance = dx * dx + 4 * dy * dy;
      if (distance < least) [found, least] = [other, distance];
    }
    return found;
  }

  #numbersBetween(from: number, to: number): Span | null {
    const [left, right] = [Math.min(from, to), Math.max(from, to)];
    const places = this.#places;
    let [low, high] = [Infinity, -Infinity];
    for (const number of places.seen()) {
      const x = places.x(number);
      if (x < left || x > right) continue;
      if (number < low) low = number;
      if (number > high) high = number;
    }
    return low > high ? null : { low, high };
  }

  #zoomAlong(x: number, by: number): void {
    const places = this.#places;
    const { low, high } = places.whole;
    const now = places.span;
    const fixed = Math.max(now.low, Math.min(now.high, places.atX(x)));
    const least = places.along === 'time' ? 1000 : 4;
    const width = Math.max(Math.min(least, high - low), (now.high - now.low) * by);
    if (width >= high - low) {
      places.zoom = null;
      return;
    }
    const share = (fixed - now.low) / (now.high - now.low);
    const start = Math.max(low, Math.min(high - width, fixed - share * width));
    places.zoom = { low: start, high: start + width };
  }

  #zoomTall(y: number, by: number): void {
    const places = this.#places;
    const { low, high } = places.tall;
    const share = Math.max(0, Math.min(1, (places.well - y) / (places.well - places.top)));
    const width = Math.max(0.02, Math.min(1, (high - low) * by));
    const fixed = low + share * (high - low);
    const start = Math.max(0, Math.min(1 - width, fixed - share * width));
    places.tall = { low: start, high: start + width };
  }
}

function at(event: MouseEvent): { x: number; y: number } {
  return { x: event.offsetX, y: event.offsetY };
}
