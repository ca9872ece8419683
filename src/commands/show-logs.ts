// Show Logs: what a service printed, followed in an output channel of its task until the task or the platform is gone.
import { l10n, window, type OutputChannel } from 'vscode';
import type { App } from '../app.ts';
import { chooseTask } from './choose.ts';
import { clientOf } from './task-life.ts';

/** Lines from before that are shown first. */
const maxBefore = 500;

interface Channel {
  readonly output: OutputChannel;
  readonly end: AbortController;
}

/** One channel a task; opened again, it goes on where it is. */
export class TaskLogs {
  readonly #channels = new Map<string, Channel>();

  async show(app: App, target: unknown): Promise<void> {
    const chosen = await chooseTask(app, target, l10n.t('Task whose logs to show'));
    const { platform, task } = chosen;
    const title = platform.kind === 'local' ? `Slipway: ${task.name}` : `Slipway: ${task.name} (${platform.name})`;
    const known = this.#channels.get(title);
    if (known !== undefined) {
      known.output.show(true);
      return;
    }
    const client = clientOf(chosen);
    const { lines, next } = await client.call('getLogs', { params: { task: task.name }, query: { limit: maxBefore } });
    const output = window.createOutputChannel(title);
    const end = new AbortController();
    this.#channels.set(title, { output, end });
    const append = (line: (typeof lines)[number]): void => {
      const time = new Date(line.at).toISOString().slice(11, 23);
      const replica = line.replica.split('-').at(-1) ?? '';
      output.appendLine(`${time} ${line.version}-${replica} ${line.text}`);
    };
    lines.forEach(append);
    output.show(true);
    void (async () => {
      try {
        for await (const line of client.logs(task.name, { from: next, signal: end.signal })) append(line);
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
