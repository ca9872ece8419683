// Recorded traces that a scenario names: milliseconds at which requests were sent, one a line.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Scenario } from '../../schemas/scenario.ts';
import { SlipwayError } from '../common/errors.ts';

/** By the paths in the scenario. @throws SlipwayError path_missing, scenario_invalid */
export async function readTraces(
  { load }: Pick<Scenario, 'load'>,
  folder: string,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const traces = new Map<string, readonly number[]>();
  for (const phase of load) {
    if ('trace' in phase && typeof phase.trace === 'string')
      traces.set(phase.trace, await readTrace(folder, phase.trace));
  }
  return traces;
}

async function readTrace(folder: string, path: string): Promise<readonly number[]> {
  const text = await readFile(resolve(folder, path), 'utf8').catch((error: unknown) => {
    throw new SlipwayError('path_missing', `${path} cannot be read.`, { hint: 'Correct the path.', cause: error });
  });
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const times = lines.map(Number);
  const wrong = times.findIndex((time) => !Number.isFinite(time) || time < 0);
  if (wrong === -1) return times;
  throw new SlipwayError('scenario_invalid', `${path}: expected milliseconds, found "${lines[wrong]!.slice(0, 40)}".`);
}
