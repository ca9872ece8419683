import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'mocha';
import type { LogLine } from '../../../schemas/events.ts';
import { english } from '../../../schemas/texts.ts';
import { TaskLogs, type LogSource } from '../../../src/views/task-logs.ts';

const line = (seq: number, at: number, text: string): LogLine =>
  ({ seq, at, text, task: 'words', version: 'v1', replica: 'words-v1-5f3a91c0-r0', stream: 'stdout' }) as LogLine;

/** One life of a platform: what its service printed so far, and what it prints until it ends. */
class Life {
  readonly #before: readonly LogLine[];
  readonly #coming: LogLine[] = [];
  #wake: () => void = () => undefined;
  #over = false;
  readonly source: LogSource;

  constructor(before: readonly LogLine[]) {
    this.#before = before;
    const call = (): Promise<unknown> => Promise.resolve({ lines: before, next: this.#before.length });
    const client = { call, logs: () => this.#follow() } as unknown as LogSource['client'];
    this.source = { platform: { name: 'local', kind: 'local' }, client, task: 'words' };
  }

  print(printed: LogLine): void {
    this.#coming.push(printed);
    this.#wake();
  }

  end(): void {
    this.#over = true;
    this.#wake();
  }

  async *#follow(): AsyncGenerator<LogLine> {
    for (;;) {
      for (let printed = this.#coming.shift(); printed !== undefined; printed = this.#coming.shift()) yield printed;
      if (this.#over) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

describe('the log of a task in the editor', () => {
  it('stays in one channel when its platform starts anew, and shows no line twice', async () => {
    const channels: { readonly title: string; readonly lines: string[]; shown: number }[] = [];
    const create = (title: string): { appendLine(text: string): void; show(): void; dispose(): void } => {
      const channel = { title, lines: [] as string[], shown: 0 };
      channels.push(channel);
      return {
        appendLine: (text) => channel.lines.push(text.split(' ').slice(2).join(' ') || text),
        show: () => (channel.shown += 1),
        dispose: () => undefined,
      };
    };
    const logs = new TaskLogs({ create, l10n: english });
    const settled = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await setImmediate();
    };
    const first = new Life([line(0, 1_000, 'loaded')]);
    await logs.show(first.source);
    first.print(line(1, 1_000, 'one'));
    await settled();
    await logs.show(first.source);
    assert.deepEqual(
      channels.map(({ lines }) => lines),
      [['loaded', 'one']],
    );
    first.end();
    await settled();

    const second = new Life([line(0, 1_000, 'loaded'), line(0, 2_000, 'loaded again')]);
    await Promise.all([logs.show(second.source), logs.show(second.source)]);
    second.print(line(1, 2_001, 'two'));
    await settled();
    assert.deepEqual(
      channels.map(({ title, lines }) => [title, lines]),
      [['Slipway: words', ['loaded', 'one', 'log has ended —', 'loaded again', 'two']]],
    );
    assert.equal(channels[0]!.shown, 4);
    second.end();
    logs.dispose();
  });
});
