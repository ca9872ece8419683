// Recorded traces that a scenario names, as the times at which requests are sent.
import type { Scenario } from '../../schemas/scenario.ts';
import { timesOf } from '../rehearsal/traces.ts';
import { readTraceFile } from './trace-file.ts';

/** By the paths in the scenario. @throws SlipwayError path_missing, scenario_invalid */
export async function readTraces(
  { load }: Pick<Scenario, 'load'>,
  folder: string,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const traces = new Map<string, readonly number[]>();
  for (const phase of load) {
    if (!('trace' in phase) || typeof phase.trace !== 'string') continue;
    const file = await readTraceFile(folder, phase.trace);
    traces.set(phase.trace, file.kind === 'times' ? file.times : timesOf(file.trace));
  }
  return traces;
}
