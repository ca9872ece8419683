// What `slipway dev` tells while it runs: lines for people, or one JSON object a line.
import type { LogLine, PlatformEvent } from '../../schemas/events.ts';
import { toSlipwayError } from '../common/errors.ts';
import { describeFailure } from './failure.ts';
import { showDuration } from './figures.ts';
import type { Session } from './session.ts';
import { showEvent, showLogLine } from './show-event.ts';

export interface Served {
  readonly task: string;
  readonly version: string;
  readonly url: string;
  /** From the save to the first replica that serves it. */
  readonly ms: number;
}

export class DevReport {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  serving(served: Served): void {
    const { task, version, url, ms } = served;
    const { paint } = this.#session;
    this.#tell({ kind: 'serving', ...served }, () => [
      `${paint('✔', 'good')} ${task} ${version} serves after ${showDuration(ms)}  ${paint(url, 'quiet')}`,
    ]);
  }

  unchanged(): void {
    this.#tell({ kind: 'unchanged' }, () => [this.#session.paint('Saved, but nothing has changed.', 'quiet')]);
  }

  /** @param serving the version that goes on serving */
  failed(error: unknown, serving: string | undefined): void {
    const { paint, detail } = this.#session;
    this.#tell({ kind: 'failed', error: toSlipwayError(error).toReason(), serving: serving ?? null }, () => [
      ...describeFailure(error, detail, paint),
      serving === undefined ? '  Save a correction; it is tried again at once.' : `  ${serving} goes on serving.`,
    ]);
  }

  line(line: LogLine): void {
    this.#tell({ kind: 'log', line }, () => [showLogLine(line, this.#session.paint)]);
  }

  /** Of the events, those that somebody who edits the service wants to see as they come. */
  event(event: PlatformEvent): void {
    const { body } = event;
    const shown =
      body.kind === 'version.state' ||
      body.kind === 'version.progress' ||
      body.kind === 'rollout.returned' ||
      body.kind === 'replica.exited' ||
      body.kind === 'request.quarantined' ||
      (body.kind === 'replica.state' && body.reason !== undefined);
    if (shown) this.#tell({ kind: 'event', event }, () => [showEvent(event, this.#session.paint)]);
  }

  #tell(value: unknown, lines: () => readonly string[]): void {
    this.#session.print(value, lines);
  }
}
