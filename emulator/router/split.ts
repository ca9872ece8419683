// How the requests of a task are divided among its versions.
import type { SplitEntry } from './table.ts';
import type { VersionId } from '../../schemas/ids.ts';

/** Above this many places weights are rounded; the error is below a tenth of a percentage point. */
const maxPlaces = 1000;

/**
 * A round of choices in which every version has its share, as evenly spread as can be (smooth weighted round robin, as in nginx).
 * Repeating it gives exact shares. Empty when no weight is above 0.
 */
export function splitRound(split: readonly SplitEntry[]): readonly VersionId[] {
  const entries = scaled(split.filter((entry) => entry.weight > 0));
  const total = entries.reduce((sum, entry) => sum + entry.weight, 0);
  const current = entries.map(() => 0);
  const round: VersionId[] = [];
  for (let place = 0; place < total; place++) {
    let best = 0;
    for (let i = 0; i < entries.length; i++) {
      current[i]! += entries[i]!.weight;
      if (current[i]! > current[best]!) best = i;
    }
    current[best]! -= total;
    round.push(entries[best]!.version);
  }
  return round;
}

function scaled(entries: readonly SplitEntry[]): readonly SplitEntry[] {
  const divisor = entries.reduce((found, entry) => gcd(found, entry.weight), 0);
  const total = entries.reduce((sum, entry) => sum + entry.weight, 0) / (divisor || 1);
  if (total <= maxPlaces) return entries.map((entry) => ({ ...entry, weight: entry.weight / divisor }));
  const shrink = (total * divisor) / maxPlaces;
  return entries.map((entry) => ({ ...entry, weight: Math.max(1, Math.round(entry.weight / shrink)) }));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
