// Which versions the line of shares begins with; any other can be named in it. Pure.
import type { VersionView } from '../../schemas/tasks.ts';

const maxSuggested = 5;

/** Those that have traffic and, as far as they fit into a line, the newest beside them, in their order. */
export function suggestedVersions<Version extends Pick<VersionView, 'weight'>>(
  versions: readonly Version[],
): Version[] {
  const others = versions.filter(({ weight }) => weight === 0);
  const room = Math.max(0, maxSuggested - (versions.length - others.length));
  const newest = new Set(room === 0 ? [] : others.slice(-room));
  return versions.filter((version) => version.weight > 0 || newest.has(version));
}
