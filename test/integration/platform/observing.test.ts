// What can be seen of a whole platform from outside: trace context, its own log, events by number, metrics.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { ServerSentEventParser } from '../../../emulator/client/server-sent-events.ts';
import { PlatformEvent } from '../../../schemas/events.ts';
import { ask } from '../../support/raw-http.ts';
import { writeService } from '../../support/service-folder.ts';
import { SlipwayCommand } from '../../support/slipway-command.ts';
import { isAlive } from '../../support/process-table.ts';
import { until } from '../../support/waiting.ts';

const source = `import json


class Headers:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        for item in data:
            print("asked", flush=True)
        return [json.dumps(dict(item.headers)) for item in data]
`;

interface Up {
  readonly control: string;
  readonly port: number;
  readonly token: string;
  readonly pid: number;
}

describe('a whole platform, seen from outside', () => {
  let folder: string;
  let slipway: SlipwayCommand;
  let platform: Up;

  const up = async (): Promise<Up> => {
    const { control, inference, tokenFile, pid } = await slipway.json('up', '--port', '0', '--control-port', '0');
    const token = (await readFile(tokenFile as string, 'utf8')).trim();
    return { control: control as string, port: Number(new URL(inference as string).port), token, pid: pid as number };
  };

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-observing-')));
    slipway = new SlipwayCommand(folder);
    platform = await up();
    const manifest = { name: 'headers', resources: { memory: '256Mi' } };
    await slipway.json('deploy', await writeService(join(folder, 'headers'), manifest, { 'service.py': source }));
  });

  after(async () => {
    await slipway.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Events from a number on, as a stream gives them; ends when `enough` are there. */
  async function stream(from: number, enough: (events: readonly PlatformEvent[]) => boolean): Promise<PlatformEvent[]> {
    const { control, token } = platform;
    const abort = new AbortController();
    const answer = await fetch(`${control}/api/v1/events?follow=true&from=${from}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      signal: abort.signal,
    });
    assert.equal(answer.status, 200);
    const parser = new ServerSentEventParser();
    const decoder = new TextDecoder();
    const events: PlatformEvent[] = [];
    const patience = setTimeout(() => abort.abort(new Error(`only ${JSON.stringify(events)} came`)), 30_000);
    try {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
        for (const { data } of parser.push(decoder.decode(chunk, { stream: true }))) {
          events.push(PlatformEvent.parse(JSON.parse(data)));
        }
        if (enough(events)) break;
      }
    } finally {
      clearTimeout(patience);
      abort.abort();
    }
    return events;
  }

  const scrape = async (): Promise<string> => {
    const { control, token } = platform;
    const answer = await fetch(`${control}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200);
    return answer.text();
  };

  it('hands the trace context of W3C to the service, item by item', async () => {
    const traces = Array.from({ length: 8 }, (_, i) => `00-0af7651916cd43dd8448eb211c80319${i}-b7ad6b7169203331-01`);
    const answers = await Promise.all(
      traces.map((traceparent) =>
        ask(platform.port, '/headers', 'x', { traceparent, tracestate: 'vendor=1', baggage: 'user=7' }),
      ),
    );
    for (const [i, { body }] of answers.entries()) {
      const headers = JSON.parse(body) as Record<string, string>;
      assert.deepEqual(
        [headers['traceparent'], headers['tracestate'], headers['baggage']],
        [traces[i], 'vendor=1', 'user=7'],
      );
    }
  });

  it('logs itself in lines of JSON, with time, level, message and fields', async () => {
    const lines = (await readFile(join(slipway.home, 'platform.log'), 'utf8')).split('\n').slice(0, -1);
    assert.ok(lines.length > 0);
    for (const line of lines) {
      const { at, level, message } = JSON.parse(line) as Record<string, unknown>;
      assert.equal(new Date(at as string).toISOString(), at);
      assert.match(level as string, /^(debug|info|warn|error)$/);
      assert.equal(typeof message, 'string');
    }
    const ready = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find((line) => line['control'] === platform.control);
    assert.equal(ready?.['message'], 'platform is ready');
  });

  it('gives what services print as lines of JSON, with task, replica and request', async () => {
    await ask(platform.port, '/headers', 'x', { 'x-slipway-request': 'mine-1' });
    interface Line {
      readonly task: string;
      readonly replica: string;
      readonly text: string;
      readonly requests?: readonly string[];
    }
    let found: Line | undefined;
    await until(async () => {
      const { lines } = (await slipway.json('logs', 'headers')) as unknown as { lines: Line[] };
      found = lines.find(({ requests }) => requests?.includes('mine-1') === true);
      return found !== undefined;
    }, 20_000);
    assert.deepEqual([found!.task, found!.text], ['headers', 'asked']);
    assert.match(found!.replica, /^headers-v1-/);
  });

  it('bounds the labels of its metrics: what clients make up is in none of them', async () => {
    const series = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.slice(0, line.lastIndexOf(' ')));
    await ask(platform.port, '/headers', 'x');
    const before = series(await scrape());
    assert.ok(before.some((name) => name.startsWith('slipway_requests_total{') && name.includes('task="headers"')));
    for (let i = 0; i < 100; i++) {
      await ask(platform.port, `/made-up-${i}`, 'x');
      await ask(platform.port, `/headers@v${i + 50}`, 'x');
      await ask(platform.port, '/headers', 'x', { 'x-slipway-request': `made-up-${i}`, traceparent: `made-up-${i}` });
    }
    const after = await scrape();
    assert.doesNotMatch(after, /made-up/);
    assert.deepEqual(series(after), before);
    for (const name of before) assert.doesNotMatch(name, /request_id|path=|replica=|user=/);
  });

  it('goes on with its events after the number that a reader had, over a new connection and after a restart', async () => {
    const first = await stream(0, (events) => events.some(({ body }) => body.kind === 'platform.started'));
    const last = first.at(-1)!.seq;
    await slipway.json('scale', 'headers', '2');
    // A new connection: each number once, in order, from the next one on.
    const second = await stream(last + 1, (events) => events.length >= 2);
    assert.ok(
      second.every(({ seq }, i) => seq === last + 1 + i),
      JSON.stringify(second),
    );
    const again = await stream(last + 1, (events) => events.length >= second.length);
    assert.deepEqual(again.slice(0, second.length), second);
    const next = again.at(-1)!.seq + 1;
    // Killed: the one after it gives higher numbers, so that a reader goes on as if nothing had been.
    process.kill(platform.pid, 'SIGKILL');
    await until(() => !isAlive(platform.pid));
    platform = await up();
    const later = await stream(next, (events) => events.some(({ body }) => body.kind === 'platform.started'));
    assert.ok(
      later.every(({ seq }) => seq >= next),
      JSON.stringify(later[0]),
    );
    assert.equal(new Set(later.map(({ seq }) => seq)).size, later.length);
  });
});
