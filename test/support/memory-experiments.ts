// Experiments whose states are kept in memory.
import type { Clock } from '../../emulator/common/clock.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import { Experiments, type ExperimentStore } from '../../emulator/experiment/experiments.ts';
import type { ExperimentState } from '../../schemas/experiment.ts';

export class MemoryExperimentStore implements ExperimentStore {
  readonly saved = new Map<string, ExperimentState>();
  writes = 0;

  load(): Promise<readonly ExperimentState[]> {
    return Promise.resolve([...this.saved.values()]);
  }

  save(state: ExperimentState): Promise<void> {
    this.writes++;
    this.saved.set(state.uid, state);
    return Promise.resolve();
  }

  remove(uid: string): Promise<void> {
    this.saved.delete(uid);
    return Promise.resolve();
  }
}

export function memoryExperiments(clock: Clock, store: ExperimentStore = new MemoryExperimentStore()): Experiments {
  return new Experiments({ store, clock, log: silentLogger });
}
