// Services that run from their folder in this window: `slipway dev` of each, which reloads at every save and goes on
// serving the last good version when a save is bad.
import { EventEmitter, type Disposable, type Uri } from 'vscode';
import { z } from 'zod';
import { LogLine } from '../../schemas/events.ts';
import { Reason } from '../../schemas/errors.ts';
import { fromReason, SlipwayError } from '../../emulator/client/edge.ts';
import { followVerb } from '../platforms/command-line.ts';
import type { Service } from './service.ts';

/** What `slipway dev --json` tells, one a line. */
const Report = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('serving'), task: z.string(), version: z.string(), url: z.string(), ms: z.number() }),
  z.object({ kind: z.literal('unchanged') }),
  z.object({ kind: z.literal('failed'), error: Reason, serving: z.string().nullable() }),
  z.object({ kind: z.literal('log'), line: LogLine }),
  z.object({ kind: z.literal('event') }),
]);
export type RunReport = z.infer<typeof Report>;
const Failure = z.object({ error: Reason });

export type RunState =
  | { readonly state: 'starting' }
  | { readonly state: 'serving'; readonly task: string; readonly version: string }
  | { readonly state: 'failed'; readonly error: Reason; readonly serving: string | null };

interface Run {
  readonly abort: AbortController;
  readonly end: Promise<void>;
  state: RunState;
}

export interface Told {
  readonly service: Service;
  readonly report: RunReport;
}

export class RunningServices implements Disposable {
  readonly #runs = new Map<string, Run>();
  readonly #changed = new EventEmitter<void>();
  readonly #told = new EventEmitter<Told>();
  readonly onDidChange = this.#changed.event;
  readonly onDidTell = this.#told.event;

  stateOf(folder: Uri): RunState | undefined {
    return this.#runs.get(folder.toString())?.state;
  }

  /**
   * Runs a service until it is stopped. Resolves with the first version that serves.
   * @throws SlipwayError when the first version does not come up; it goes on watching for a better save
   */
  start(service: Service, progress: (line: string) => void): Promise<{ task: string; version: string }> {
    const key = service.folder.toString();
    const abort = new AbortController();
    return new Promise((resolve, reject) => {
      const line = (text: string): void => {
        const value = parseJson(text);
        const refused = Failure.safeParse(value);
        if (refused.success && !('kind' in (value as object))) reject(fromReason(refused.data.error));
        const report = Report.safeParse(value).data;
        if (report === undefined) return;
        this.#told.fire({ service, report });
        if (report.kind === 'serving') {
          this.#set(key, { state: 'serving', task: report.task, version: report.version });
          resolve(report);
        } else if (report.kind === 'failed') {
          this.#set(key, { state: 'failed', error: report.error, serving: report.serving });
          reject(fromReason(report.error));
        }
      };
      const end = followVerb(['dev', service.folder.fsPath], line, { signal: abort.signal, progress }).then(
        () => undefined,
        (error: unknown) => reject(error as Error),
      );
      this.#runs.set(key, { abort, end, state: { state: 'starting' } });
      this.#changed.fire();
      void end.then(() => {
        reject(new SlipwayError('cancelled', `${service.name} was stopped.`));
        if (this.#runs.get(key)?.abort === abort) this.#runs.delete(key);
        this.#changed.fire();
      });
    });
  }

  /** Resolves when it no longer watches; the task stays as it is. */
  async stop(folder: Uri): Promise<void> {
    const run = this.#runs.get(folder.toString());
    run?.abort.abort();
    await run?.end;
  }

  dispose(): void {
    for (const { abort } of this.#runs.values()) abort.abort();
    this.#changed.dispose();
    this.#told.dispose();
  }

  #set(key: string, state: RunState): void {
    const run = this.#runs.get(key);
    if (run === undefined) return;
    run.state = state;
    this.#changed.fire();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
