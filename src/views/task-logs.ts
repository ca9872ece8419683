// What services printed: an output channel a task, followed until the task or its platform is gone, and again when it is asked for.
import type { Disposable, OutputChannel } from 'vscode';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import type { LogLine } from '../../schemas/events.ts';
import type { Texts } from '../../schemas/texts.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';

/** Lines from before that are shown first. */
const maxBefore = 500;

type LogChannel = Pick<OutputChannel, 'appendLine' | 'show' | 'dispose'>;

interface Channel {
  readonly output: LogChannel;
  readonly end: AbortController;
  isFollowed: boolean;
  /** The last line that is shown. */
  last: Pick<LogLine, 'at' | 'seq'> | undefined;
}

export interface LogSource {
  readonly platform: Pick<WatchedPlatform, 'name' | 'kind'>;
  readonly client: Pick<SlipwayClient, 'call' | 'logs'>;
  readonly task: string;
}

export interface TaskLogsOptions {
  readonly create: (title: string) => LogChannel;
  readonly l10n: Texts;
}

export class TaskLogs implements Disposable {
  readonly #options: TaskLogsOptions;
  readonly #channels = new Map<string, Channel>();

  constructor(options: TaskLogsOptions) {
    this.#options = options;
  }

  /** Opened again, a channel goes on where it is; one whose log has ended is followed anew. */
  async show({ platform, client, task }: LogSource): Promise<void> {
    const title = platform.kind === 'local' ? `Slipway: ${task}` : `Slipway: ${task} (${platform.name})`;
    if (this.#channels.get(title)?.isFollowed !== true) {
      const { lines, next } = await client.call('getLogs', { params: { task }, query: { limit: maxBefore } });
      const channel = this.#channel(title);
      if (!channel.isFollowed) {
        channel.isFollowed = true;
        for (const line of lines) if (isNews(channel, line)) append(channel, line);
        void this.#follow(channel, client.logs(task, { from: next, signal: channel.end.signal }));
      }
    }
    this.#channels.get(title)?.output.show(true);
  }

  dispose(): void {
    for (const { output, end } of this.#channels.values()) {
      end.abort();
      output.dispose();
    }
  }

  #channel(title: string): Channel {
    const known = this.#channels.get(title);
    if (known !== undefined) return known;
    const output = this.#options.create(title);
    const made: Channel = { output, end: new AbortController(), isFollowed: false, last: undefined };
    this.#channels.set(title, made);
    return made;
  }

  async #follow(channel: Channel, lines: AsyncIterable<LogLine>): Promise<void> {
    try {
      for await (const line of lines) append(channel, line);
    } catch {
      // The task or its platform is gone.
    }
    channel.isFollowed = false;
    if (!channel.end.signal.aborted) channel.output.appendLine(this.#options.l10n.t('— the log has ended —'));
  }
}

/** Of lines from before. A platform that starts anew numbers anew, but later. */
function isNews({ last }: Channel, { at, seq }: LogLine): boolean {
  return last === undefined || at > last.at || (at === last.at && seq > last.seq);
}

function append(channel: Channel, line: LogLine): void {
  channel.last = line;
  channel.output.appendLine(textOf(line));
}

function textOf({ at, replica, version, text }: LogLine): string {
  const time = new Date(at).toISOString().slice(11, 23);
  return `${time} ${version}-${replica.split('-').at(-1) ?? ''} ${text}`;
}
