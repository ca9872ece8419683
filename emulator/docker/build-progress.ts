// What a line of a build log says of its progress, for the user. Pure.
import { progressOf } from '../bundle/install-progress.ts';

const step = /^Step (\d+)\/(\d+) : (\w+)/;

/** A few words; undefined for the many lines that say nothing. */
export function buildProgress(line: string): string | undefined {
  const [, number, count, instruction] = step.exec(line.trim()) ?? [];
  if (number !== undefined) return `step ${number} of ${count} (${instruction})`;
  const system = /^(?:Get:\d+ \S+ \S+ \S+|Setting up) (\S+) /.exec(line)?.[1];
  if (system !== undefined) return `installing ${system}`;
  return progressOf(line);
}
