/** Formats the time since an instant: relative up to a day, then date and time. */
import { dateTime, roughly } from '../format.ts';
import { text } from '../text.ts';

const DAY = 86_400_000;

export function ageText(at: number, now: number): string {
  const age = now - at;
  if (age >= DAY) return dateTime(at);
  return age < 1000 ? text.justNow : text.ago({ age: roughly(age) });
}
