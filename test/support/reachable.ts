/**
 * Finds controls of a page that cannot be reached by scrolling: cut by an edge that does not
 * scroll, or outside the window. Scrolling sideways counts as out of reach except in tables, whose
 * columns may need more than the window's width.
 */
import type { Page } from 'playwright-core';

/** Returns a line for each control out of reach, and for each scroller that scrolls sideways. */
export function unreachable(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const TOLERANCE = 1.5;
    const controls =
      'button, a[href], input, select, textarea, summary, [role=tab], [role=option], [role=menuitem], [tabindex="0"]';
    interface Box {
      left: number;
      right: number;
      top: number;
      bottom: number;
    }
    const boxOf = (element: Element): Box => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return { left, right, top, bottom };
    };
    const nameOf = (element: Element): string => {
      const name =
        element.getAttribute('aria-label') ??
        element.textContent.trim().replaceAll(/\s+/g, ' ').slice(0, 40);
      return `${element.tagName.toLowerCase()} "${name}"`;
    };
    const scrolls = (overflow: string): boolean => overflow === 'auto' || overflow === 'scroll';
    const cut = (overflow: string): boolean => overflow === 'hidden' || overflow === 'clip';
    const out = (from: number, to: number, low: number, high: number): boolean =>
      from < low - TOLERANCE || to > high + TOLERANCE;

    function problemOf(control: Element): string | null {
      const box = boxOf(control);
      let { position } = getComputedStyle(control);
      for (
        let at = control.parentElement;
        at !== null && position !== 'fixed';
        at = at.parentElement
      ) {
        const style = getComputedStyle(at);
        // An absolutely positioned element is cut only by its containing block and elements
        // outside it.
        if (position === 'absolute' && style.position === 'static') continue;
        position = style.position;
        const clip = boxOf(at);
        const inTable = at.matches('[role=grid]') || at.querySelector(':scope > table') !== null;
        if (scrolls(style.overflowX) && at.scrollWidth > at.clientWidth && inTable)
          [box.left, box.right] = [clip.left, clip.right];
        if (cut(style.overflowX) || scrolls(style.overflowX)) {
          if (out(box.left, box.right, clip.left, clip.right))
            return `${nameOf(control)}: cut sideways by .${at.className}`;
        }
        if (scrolls(style.overflowY)) [box.top, box.bottom] = [clip.top, clip.bottom];
        else if (cut(style.overflowY) && out(box.top, box.bottom, clip.top, clip.bottom))
          return `${nameOf(control)}: cut above or below by .${at.className}`;
      }
      if (out(box.left, box.right, 0, innerWidth))
        return `${nameOf(control)}: outside the window sideways`;
      if (out(box.top, box.bottom, 0, innerHeight))
        return `${nameOf(control)}: outside the window above or below`;
      return null;
    }

    const found: string[] = [];
    for (const control of document.querySelectorAll(controls)) {
      const { width, height } = control.getBoundingClientRect();
      // Hidden, or visible to a screen reader only.
      if (width <= 1 || height <= 1 || !control.checkVisibility({ visibilityProperty: true }))
        continue;
      const problem = problemOf(control);
      if (problem !== null) found.push(problem);
    }
    for (const box of document.querySelectorAll('*')) {
      if (box.scrollWidth <= box.clientWidth + 1 || !scrolls(getComputedStyle(box).overflowX))
        continue;
      if (
        !box.matches('[role=grid], textarea, pre') &&
        box.querySelector(':scope > table') === null
      )
        found.push(
          `.${box.className} scrolls sideways: ${box.scrollWidth} px in ${box.clientWidth}`,
        );
    }
    const root = document.scrollingElement ?? document.documentElement;
    if (root.scrollWidth > innerWidth)
      found.push(`the page is ${root.scrollWidth} px wide in a window of ${innerWidth}`);
    return found;
  });
}
