import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { lossOf, type Debugged, type Seen } from '../../../src/debugging/lost.ts';
import type { EventBody, PlatformEvent } from '../../../schemas/events.ts';
import { ReplicaId, TaskName, VersionId } from '../../../schemas/ids.ts';

const debugged: Debugged = { task: 'mnist', replica: undefined, version: 'v2', since: 10 };
const exited = (version: string, replica = `mnist-${version}-r0`): EventBody => ({
  kind: 'replica.exited',
  task: TaskName.parse('mnist'),
  version: VersionId.parse(version),
  replica: ReplicaId.parse(replica),
  code: null,
  signal: 'SIGKILL',
  restartInMs: 100,
});
const event = (seq: number, body: EventBody): PlatformEvent => ({ seq, at: seq, body });
const seen = (...events: PlatformEvent[]): Seen => ({
  ready: true,
  tasks: [{ name: TaskName.parse('mnist'), state: 'ready' }],
  events,
});

describe('why a debug session is over', () => {
  it('is not known until the platform tells', () => {
    assert.equal(lossOf(debugged, seen()), undefined);
    assert.equal(lossOf(debugged, seen(event(11, exited('v1')))), undefined, 'another version');
    assert.equal(lossOf(debugged, seen(event(9, exited('v2')))), undefined, 'before the session');
  });

  it('is the end of its replica', () => {
    const end = event(12, exited('v2'));
    assert.deepEqual(lossOf(debugged, seen(end, event(13, exited('v1')))), { kind: 'replica', event: end });
    const attached: Debugged = { ...debugged, replica: 'mnist-v1-r1', version: undefined };
    assert.equal(lossOf(attached, seen(event(12, exited('v1', 'mnist-v1-r0')))), undefined);
    const own = event(12, exited('v1', 'mnist-v1-r1'));
    assert.deepEqual(lossOf(attached, seen(own)), { kind: 'replica', event: own });
  });

  it('is what was done to the task or the platform, before what that did to the replica', () => {
    const end = event(12, exited('v2'));
    const stopped = [{ name: TaskName.parse('mnist'), state: 'stopped' as const }];
    assert.deepEqual(lossOf(debugged, { ...seen(end), tasks: stopped }), { kind: 'stopped' });
    assert.deepEqual(lossOf(debugged, { ...seen(end), tasks: [] }), { kind: 'deleted' });
    assert.deepEqual(lossOf(debugged, { ...seen(end), ready: false, tasks: [] }), { kind: 'platform' });
    const stopping = event(11, { kind: 'platform.stopping' });
    assert.deepEqual(lossOf(debugged, seen(stopping, end)), { kind: 'platform' });
  });
});
