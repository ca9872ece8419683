// What services printed: an output channel a task, followed until the task or its platform is gone.
import { l10n, window, type Disposable, type OutputChannel } from 'vscode';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import type { LogLine } from '../../schemas/events.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';

/** Lines from before that are shown first. */
const maxBefore = 500;

interface Channel {
  readonly output: OutputChannel;
  readonly end: AbortController;
}

export interface LogSource {
  readonly platform: Pick<WatchedPlatform, 'name' | 'kind'>;
  readonly client: SlipwayClient;
  readonly task: string;
}

export class TaskLogs implements Disposable {
  readonly #channels = new Map<string, Channel>();

  /** Opened again, a channel goes on where it is. */
  async show({ platform, client, task }: LogSource): Promise<void> {
    const title = platform.kind === 'local' ? `Slipway: ${task}` : `Slipway: ${task} (${platform.name})`;
    const known = this.#channels.get(title);
    if (known !== undefined) {
      known.output.show(true);
      return;
    }
    const { lines, next } = await client.call('getLogs', { params: { task }, query: { limit: maxBefore } });
    const output = window.createOutputChannel(title);
    const end = new AbortController();
    this.#channels.set(title, { output, end });
    for (const line of lines) output.appendLine(textOf(line));
    output.show(true);
    void (async () => {
      try {
        for await (const line of client.logs(task, { from: next, signal: end.signal })) output.appendLine(textOf(line));
      } catch {
        // The task or its platform is gone.
      }
      output.appendLine(l10n.t('— the log has ended —'));
      if (this.#channels.get(title)?.output === output) this.#channels.delete(title);
    })();
  }

  dispose(): void {
    for (const { output, end } of this.#channels.values()) {
      end.abort();
      output.dispose();
    }
  }
}

function textOf({ at, replica, version, text }: LogLine): string {
  const time = new Date(at).toISOString().slice(11, 23);
  return `${time} ${version}-${replica.split('-').at(-1) ?? ''} ${text}`;
}
