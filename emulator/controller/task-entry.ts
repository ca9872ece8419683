// One task in the memory of the controller.
import type { Timer } from '../common/clock.ts';
import type { TaskRoute } from '../router/table.ts';
import type { TaskRecord } from './record.ts';
import { Serial } from './serial.ts';
import type { Memory } from './telling.ts';

export class TaskEntry {
  record: TaskRecord;
  memory: Memory | undefined;
  route: TaskRoute | undefined;
  /** The next look that is due although nothing happens. */
  wake: Timer | undefined;
  /** The next try of a write that failed. */
  retry: Timer | undefined;
  /** Commands and writes of this task, one at a time. */
  readonly serial = new Serial();
  /** A command is being written: the record may not change meanwhile. */
  writing = false;
  /** The record went on by itself since it was written last. */
  unsaved = false;
  /** Nothing of it is left but the file. */
  gone = false;

  constructor(record: TaskRecord) {
    this.record = record;
  }

  cancelTimers(): void {
    this.wake?.cancel();
    this.retry?.cancel();
  }
}
