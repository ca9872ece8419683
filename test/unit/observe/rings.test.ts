import assert from 'node:assert/strict';
import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, it } from 'mocha';
import { EventLog } from '../../../emulator/observe/event-log.ts';
import { LogStore, type PrintedLine } from '../../../emulator/observe/log-store.ts';
import { pageOf, Ring } from '../../../emulator/observe/ring.ts';
import { ReplicaId, TaskName, VersionId } from '../../../schemas/ids.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { mnist } from '../../support/manifests.ts';

const everything = (): boolean => true;

describe('a ring', () => {
  it('keeps the newest entries within its bounds, and finds them by number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 3000 }),
        fc.nat({ max: 3000 }),
        (maxEntries, maxBytes, sizes, from) => {
          const ring = new Ring<{ seq: number }>({ maxEntries, maxBytes });
          for (const [seq, bytes] of sizes.entries()) ring.push({ seq }, bytes);
          let expected = sizes.map((bytes, seq) => ({ bytes, seq })).slice(-maxEntries);
          while (expected.length > 1 && expected.reduce((sum, { bytes }) => sum + bytes, 0) > maxBytes) {
            expected = expected.slice(1);
          }
          assert.deepEqual(
            [...ring.since(from)].map(({ seq }) => seq),
            expected.map(({ seq }) => seq).filter((seq) => seq >= from),
          );
          assert.equal(ring.size, expected.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is read to its end page by page, each entry once', () => {
    const ring = new Ring<{ seq: number }>({ maxEntries: 100, maxBytes: 1e9 });
    for (let seq = 0; seq < 250; seq++) ring.push({ seq }, 1);
    const seen: number[] = [];
    for (let from = 0; from < 250;) {
      const page = pageOf(ring, { from, limit: 7, matches: ({ seq }) => seq % 2 === 0 }, 250);
      seen.push(...page.entries.map(({ seq }) => seq));
      from = page.next;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 50 }, (_, index) => 150 + 2 * index),
    );
    assert.deepEqual(pageOf(ring, { limit: 2, matches: everything }, 250).entries, [{ seq: 248 }, { seq: 249 }]);
  });

  it('holds nothing of an entry that made room', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const ring = new Ring<{ seq: number }>({ maxEntries: 10, maxBytes: 1e9 });
    const references = Array.from({ length: 100 }, (_, seq) => {
      const entry = { seq };
      ring.push(entry, 1);
      return new WeakRef(entry);
    });
    // A reference is held until the turn in which it was made has ended.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    assert.equal(references.filter((reference) => reference.deref() !== undefined).length, 10);
  });
});

describe('the event log', () => {
  it('numbers on from where an earlier platform may have been', () => {
    const clock = new FakeClock();
    const first = new EventLog({ clock });
    for (let count = 0; count < 1000; count++) first.publish({ kind: 'platform.stopping' });
    const last = first.next;
    clock.advance(1000);
    assert.ok(new EventLog({ clock }).next >= last);
    assert.equal(new EventLog({ clock, lastSeq: 9e15 }).next, 9e15 + 1);
  });

  it('F31 gives everything to a reader who comes from before the clock was set back', () => {
    const events = new EventLog({ clock: new FakeClock() });
    const { seq } = events.publish({ kind: 'platform.stopping' });
    assert.equal(events.page({ from: seq + 3_600_000 }).events.length, 1);
    assert.deepEqual(events.page({ from: seq + 1 }), { events: [], next: seq + 1 });
  });

  it('finds what concerns a task, and counts by kind', () => {
    const events = new EventLog({ clock: new FakeClock(), capacity: 2 });
    events.publish({ kind: 'task.created', task: mnist });
    events.publish({ kind: 'task.created', task: TaskName.parse('other') });
    events.publish({ kind: 'task.deleted', task: mnist });
    assert.deepEqual(
      events.page({ task: mnist }).events.map(({ body }) => body.kind),
      ['task.deleted'],
    );
    assert.equal(events.counts.get('task.created'), 2);
  });
});

describe('the log store', () => {
  const line = (text: string): PrintedLine => ({
    task: mnist,
    version: VersionId.parse('v1'),
    replica: ReplicaId.parse('mnist-v1-5f3a91c0-r0'),
    stream: 'stdout',
    text,
  });

  it('marks where lines were dropped, by the rate limit and by age', () => {
    const logs = new LogStore({ clock: new FakeClock(), maxLines: 3 });
    const from = logs.next(mnist);
    logs.append(line('one'), 812);
    for (const text of ['two', 'three', 'four']) logs.append(line(text));
    const { lines, next } = logs.page(mnist, { from });
    assert.deepEqual(
      lines.map(({ text, stream }) => `${stream}: ${text}`),
      ['platform: … 2 lines dropped', 'stdout: two', 'stdout: three', 'stdout: four'],
    );
    assert.deepEqual(
      lines.map(({ seq }) => seq),
      [1, 2, 3, 4].map((more) => from + more),
    );
    assert.equal(next, from + 5);
    assert.deepEqual(logs.page(mnist, { from: next }).lines, []);
  });

  it('forgets a deleted task, and tells its followers of the next one of that name', () => {
    const logs = new LogStore({ clock: new FakeClock() });
    const told: string[] = [];
    const stop = logs.subscribe(mnist, ({ text }) => told.push(text));
    logs.append(line('before'));
    logs.forget(mnist);
    assert.deepEqual(logs.page(mnist, {}).lines, []);
    logs.append(line('after'));
    stop();
    logs.append(line('unheard'));
    assert.deepEqual(told, ['before', 'after']);
  });
});
