/** Facts about a dataset that its users should know before training, without wording. */
import { at } from '../../core/at.ts';

export type PreviewWarning =
  /** `ratio`: training samples of the largest class to those of the smallest that has some. */
  | {
      readonly code: 'imbalance';
      readonly ratio: number;
      readonly most: string;
      readonly least: string;
    }
  /** Images that were scaled to the dataset's size. */
  | {
      readonly code: 'scaled';
      readonly images: number;
      readonly height: number;
      readonly width: number;
    }
  /** Every sample is of this class: there is nothing to learn. */
  | { readonly code: 'one-class'; readonly name: string }
  /** Classes that the source names but that have no training samples. */
  | { readonly code: 'empty-classes'; readonly names: readonly string[] };

const WORTH_SAYING = 3;

export function warningsOf(about: {
  readonly classNames: readonly string[];
  /** Training samples of each class. */
  readonly perClass: readonly number[];
  readonly resized: number;
  readonly shape: readonly number[];
}): PreviewWarning[] {
  const { classNames, perClass, resized, shape } = about;
  const warnings: PreviewWarning[] = [];
  const counts = classNames.map((name, c) => ({ name, count: at(perClass, c) }));
  const some = counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const [most, least] = [some[0], some.at(-1)];
  if (most !== undefined && least !== undefined) {
    if (some.length === 1) warnings.push({ code: 'one-class', name: most.name });
    const ratio = most.count / least.count;
    if (ratio >= WORTH_SAYING)
      warnings.push({ code: 'imbalance', ratio, most: most.name, least: least.name });
    if (some.length < counts.length)
      warnings.push({
        code: 'empty-classes',
        names: counts.filter(({ count }) => count === 0).map(({ name }) => name),
      });
  }
  const [, height = 0, width = 0] = shape;
  if (resized > 0) warnings.push({ code: 'scaled', images: resized, height, width });
  return warnings;
}
