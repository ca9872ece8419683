// The life of one replica, with runs that end when the test says so.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { EngineExit } from '../../../../emulator/engine/engine.ts';
import { Replica, type ReplicaRun } from '../../../../emulator/engine/local/replica.ts';
import type { FoundWorker } from '../../../../emulator/engine/local/launcher.ts';
import type { RunEnd, RunPhase } from '../../../../emulator/engine/local/run.ts';
import type { WorkerFault } from '../../../../schemas/faults.ts';
import { NodeName, ReplicaId, VersionKey } from '../../../../schemas/ids.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const node = NodeName.parse('node-1');

class FakeRun implements ReplicaRun {
  phase: RunPhase = 'starting';
  readonly pid = 42;
  readonly debugged = false;
  readonly address = { kind: 'unix' as const, path: '/s' };
  readonly ended: Promise<RunEnd>;
  readonly calls: string[] = [];
  readonly #changed: () => void;
  #end: (end: RunEnd) => void = () => undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  go(phase: RunPhase): void {
    this.phase = phase;
    this.#changed();
  }

  end(end: Partial<RunEnd> = {}): void {
    const reason = { code: 'replica_exited', message: 'over' } as const;
    this.#end({ code: 1, signal: null, readyMs: 0, reason, ...end });
  }

  drain = (): void => void this.calls.push('drain');
  hasten = (): void => void this.calls.push('hasten');
  kill = (): void => void this.calls.push('kill');
  cut = (): void => void this.calls.push('cut');
  fault = ({ kind }: WorkerFault): void => void this.calls.push(`fault ${kind}`);
  debug = (): void => void this.calls.push('debug');
  tick = (): void => void this.calls.push('tick');
}

function setUp(found?: FoundWorker): {
  clock: FakeClock;
  replica: Replica;
  runs: FakeRun[];
  exits: EngineExit[];
  states: string[];
  loadings: string[];
} {
  const clock = new FakeClock();
  const runs: FakeRun[] = [];
  const loadings: string[] = [];
  const exits: EngineExit[] = [];
  const states: string[] = [];
  const replica = new Replica({
    id: ReplicaId.parse('mnist-v1-00000001-r0'),
    key: VersionKey.parse('mnist-v1-00000001'),
    ordinal: 0,
    clock,
    found,
    run: (_seat, changed, loading) => {
      loadings.push(loading);
      const run = new FakeRun(changed);
      runs.push(run);
      return run;
    },
    changed: () => states.push(replica.state),
    exited: (exit) => exits.push(exit),
  });
  return { clock, replica, runs, exits, states, loadings };
}

describe('Replica', () => {
  it('shows its address from loading on', () => {
    const { replica, runs } = setUp();
    assert.equal(replica.view().state, 'placing');
    replica.place(node, []);
    assert.equal(replica.view().address, undefined);
    runs[0]!.go('loading');
    assert.deepEqual(replica.view().address, { kind: 'unix', path: '/s' });
    runs[0]!.go('ready');
    assert.equal(replica.view().state, 'ready');
    assert.equal(replica.view().pid, 42);
  });

  it('starts again after a pause that doubles, and keeps its id and its reason until it is ready', async () => {
    const { clock, replica, runs, exits } = setUp();
    replica.place(node, []);
    runs[0]!.end();
    await clock.advanceAsync(0);
    assert.equal(replica.view().state, 'failed');
    assert.equal(replica.view().reason?.message, 'over');
    await clock.advanceAsync(499);
    assert.equal(runs.length, 1);
    await clock.advanceAsync(1);
    assert.equal(replica.view().state, 'starting');
    assert.equal(replica.view().restarts, 1);
    assert.equal(replica.view().reason?.message, 'over');
    runs[1]!.end();
    await clock.advanceAsync(999);
    assert.equal(runs.length, 2);
    await clock.advanceAsync(1);
    runs[2]!.go('ready');
    assert.equal(replica.view().reason, undefined);
    assert.deepEqual(
      exits.map((exit) => exit.restartInMs),
      [500, 1000],
    );
  });

  it('drains when it is retired, and is gone when its process is', async () => {
    const { clock, replica, runs, exits } = setUp();
    replica.place(node, []);
    runs[0]!.go('ready');
    replica.retire();
    replica.retire();
    assert.equal(replica.view().state, 'draining');
    assert.deepEqual(runs[0]!.calls, ['drain']);
    runs[0]!.end({ code: 0 });
    await clock.advanceAsync(0);
    assert.equal(replica.view().state, 'stopped');
    assert.ok(replica.gone && !replica.occupied);
    assert.equal(exits[0]?.restartInMs, null);
    assert.equal(clock.pending, 0);
  });

  it('is stopped at once when it waits for a place or for its restart', async () => {
    const waiting = setUp();
    waiting.replica.retire();
    assert.equal(waiting.replica.state, 'stopped');
    const paused = setUp();
    paused.replica.place(node, []);
    paused.runs[0]!.end();
    await paused.clock.advanceAsync(0);
    paused.replica.retire();
    assert.equal(paused.replica.state, 'stopped');
    await paused.clock.advanceAsync(100_000);
    assert.equal(paused.runs.length, 1);
  });

  it('is lost with its node for good: killed, or only cut off', async () => {
    for (const how of ['kill', 'cut'] as const) {
      const { clock, replica, runs } = setUp();
      replica.place(node, []);
      runs[0]!.go('ready');
      replica.lose(how);
      assert.equal(replica.view().state, 'lost');
      assert.equal(replica.view().reason?.code, 'node_lost');
      assert.deepEqual(runs[0]!.calls, [how]);
      assert.ok(!replica.gone, 'its process may still run');
      runs[0]!.end();
      await clock.advanceAsync(100_000);
      assert.ok(replica.gone);
      assert.equal(runs.length, 1);
    }
  });

  it('says once why it has no place', () => {
    const { replica, states } = setUp();
    const reason = { code: 'cannot_place', message: 'needs 1 GPU' } as const;
    replica.waitFor(reason);
    replica.waitFor({ ...reason });
    assert.deepEqual(states, ['placing']);
    replica.place(node, []);
    assert.equal(replica.view().reason, undefined);
  });

  const foundAt = (discarded: string[]): FoundWorker => ({
    ...{ replica: ReplicaId.parse('mnist-v1-00000001-r0'), ordinal: 0, seat: { node, gpus: [1] } },
    launcher: { launch: () => Promise.reject(new Error('not by the replica itself')) },
    discard: () => void discarded.push('discarded'),
  });

  it('takes over the process that it finds running, and starts a new one when that ends', async () => {
    const discarded: string[] = [];
    const { clock, replica, runs, loadings } = setUp(foundAt(discarded));
    assert.deepEqual(replica.seat, { node, gpus: [1] });
    replica.place(node, [1]);
    assert.equal(replica.seat, undefined);
    runs[0]!.go('ready');
    runs[0]!.end();
    await clock.advanceAsync(500);
    assert.deepEqual(loadings, ['taken-over', 'as-written']);
    replica.retire();
    assert.deepEqual(discarded, [], 'it is not there any more');
  });

  it('ends the process that it finds when it has no place for it, or is not wanted', () => {
    for (const act of ['unseat', 'retire'] as const) {
      const discarded: string[] = [];
      const { replica, loadings } = setUp(foundAt(discarded));
      replica[act]();
      assert.deepEqual(discarded, ['discarded']);
      if (act === 'unseat') replica.place(node, []);
      assert.deepEqual(loadings, act === 'unseat' ? ['as-written'] : []);
    }
  });
});
