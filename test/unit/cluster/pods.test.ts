import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { hasEnded, replicasOf } from '../../../emulator/engine/kubernetes/pods.ts';
import { ClusterSecrets, fetchTicket, ticketAllows, ticketMs } from '../../../emulator/engine/kubernetes/secrets.ts';
import { Pod } from '../../../schemas/cluster.ts';
import { errorTable } from '../../../schemas/errors.ts';
import type { BundleDigest, VersionKey } from '../../../schemas/ids.ts';

const key = 'mnist-v1-00000000' as VersionKey;

function pod(status: object, more: { spec?: object; metadata?: object } = {}): Pod {
  const annotations = { 'slipway.dev/key': key };
  return Pod.parse({ metadata: { name: 'mnist-x', annotations, ...more.metadata }, spec: more.spec ?? {}, status });
}

const running = { name: 'worker', ready: true, restartCount: 1, state: { running: {} } };
const onNode = { spec: { nodeName: 'node1' } };
const yes = { type: 'Ready', status: 'True' };

describe('a pod as a replica', () => {
  const stateOf = (one: Pod): string => {
    const [replica] = replicasOf([one], () => 'secret');
    return `${replica!.state} ${replica!.reason?.code ?? ''}`.trim();
  };

  it('is in the state that its pod and its worker are in', () => {
    const waiting = (reason: string, message = ''): object => ({
      name: 'worker',
      state: { waiting: { reason, message } },
    });
    const unplaced = [{ type: 'PodScheduled', status: 'False', message: '0/2 nodes: Insufficient nvidia.com/gpu' }];
    assert.equal(stateOf(pod({})), 'placing');
    assert.equal(stateOf(pod({ conditions: unplaced })), 'placing cannot_place');
    assert.equal(stateOf(pod({ containerStatuses: [waiting('PodInitializing')] }, onNode)), 'starting');
    assert.equal(stateOf(pod({ containerStatuses: [{ ...running, ready: false }] }, onNode)), 'loading');
    assert.equal(stateOf(pod({ podIP: '10.0.0.1', conditions: [yes], containerStatuses: [running] }, onNode)), 'ready');
    assert.equal(stateOf(pod({ containerStatuses: [waiting('ErrImagePull')] }, onNode)), 'failed image_unavailable');
    const config = (message: string): Pod =>
      pod({ containerStatuses: [waiting('CreateContainerConfigError', message)] }, onNode);
    assert.equal(stateOf(config('failed to sync secret cache: timed out waiting for the condition')), 'starting');
    assert.equal(stateOf(config('image will run as root')), 'failed image_unavailable');
    const deleted = { ...onNode, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } };
    assert.equal(stateOf(pod({ conditions: [yes], containerStatuses: [running] }, deleted)), 'draining');
  });

  it('is lost with its node, but not when Kubernetes has not heard of any node: then it was away itself', () => {
    const silent = { type: 'Ready', status: 'False' };
    const taken = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' };
    const on = (nodeName: string, ...conditions: object[]): Pod =>
      pod({ podIP: '10.0.0.1', conditions, containerStatuses: [running] }, { spec: { nodeName } });
    const states = (...pods: Pod[]): string[] => replicasOf(pods, () => 'secret').map(({ state }) => state);
    assert.deepEqual(states(on('node1', silent), on('node2', yes)), ['lost', 'ready']);
    assert.deepEqual(states(on('node1', silent), on('node2', silent)), ['ready', 'ready']);
    assert.deepEqual(states(on('node1', silent), on('node2', silent, taken)), ['lost', 'lost']);
    assert.deepEqual(states(on('node1', silent), on('node1', silent)), ['lost', 'lost']);
    assert.deepEqual(states(on('node1', silent), on('node2', silent), pod({})), ['ready', 'ready', 'placing']);
  });

  it('is not lost with its node for some time after Kubernetes itself was away, but where it was taken away', () => {
    const silent = { type: 'Ready', status: 'False' };
    const taken = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' };
    const on = (nodeName: string, ...conditions: object[]): Pod =>
      pod({ podIP: '10.0.0.1', conditions, containerStatuses: [running] }, { spec: { nodeName } });
    const pods = [on('node1', silent), on('node2', yes), on('node1', silent, taken)];
    const states = (wasAway: boolean): string[] => replicasOf(pods, () => 'secret', wasAway).map(({ state }) => state);
    assert.deepEqual(states(true), ['ready', 'ready', 'lost']);
    assert.deepEqual(states(false), ['lost', 'ready', 'lost']);
  });

  it('is lost when its node ends it as a whole, and says why', () => {
    const status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory. ' };
    const [replica] = replicasOf([pod(status, onNode)], () => 'secret');
    assert.equal(replica?.state, 'lost');
    assert.match(replica.reason?.message ?? '', /node1 ended it: Evicted: The node was low on resource: memory\.$/);
    assert.ok(hasEnded(pod(status, onNode)));
    const deleted = { ...onNode, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } };
    assert.equal(stateOf(pod(status, deleted)), 'stopped');
    assert.ok(!hasEnded(pod(status, deleted)));
  });

  it('tells why its bundle is not fetched, also beside a container that an admission webhook added', () => {
    const sidecar = { name: 'proxy', ready: true, state: { running: {} } };
    const terminated = { exitCode: 1, message: 'no bundle' };
    const fetch = { name: 'fetch', state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } };
    const waiting = { name: 'worker', state: { waiting: { reason: 'PodInitializing' } } };
    const status = { initContainerStatuses: [sidecar, fetch], containerStatuses: [waiting] };
    assert.equal(stateOf(pod(status, onNode)), 'failed replica_exited');
    assert.equal(stateOf(pod({ ...status, initContainerStatuses: [sidecar] }, onNode)), 'starting');
  });

  it('is seen on a node of any name that Kubernetes allows, and says what to do about an image', () => {
    const images = [{ name: 'worker', state: { waiting: { reason: 'ImagePullBackOff', message: 'denied' } } }];
    for (const nodeName of ['10.0.0.5', 'ip-10-0-0-5.eu-central-1.compute.internal', 'n'.repeat(253)]) {
      const [replica] = replicasOf([pod({ containerStatuses: images }, { spec: { nodeName } })], () => 'secret');
      assert.equal(replica?.node, nodeName);
      assert.equal(replica.reason?.hint, errorTable.image_unavailable.hint);
    }
  });

  it("tells the worker's own reason, and a memory limit that was met", () => {
    const ended = (terminated: object): Pod =>
      pod(
        {
          containerStatuses: [
            { name: 'worker', state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } },
          ],
        },
        onNode,
      );
    const message = JSON.stringify({ code: 'load_failed', message: 'no model', traceback: 'Traceback' });
    assert.equal(stateOf(ended({ exitCode: 1, message })), 'failed load_failed');
    assert.equal(stateOf(ended({ exitCode: 137, reason: 'OOMKilled' })), 'failed replica_oom');
    assert.equal(stateOf(ended({ exitCode: 3 })), 'failed replica_exited');
  });

  it('is lost when its node is silent or gave it up', () => {
    const silent = pod({ conditions: [{ type: 'Ready', status: 'False' }], containerStatuses: [running] }, onNode);
    assert.equal(stateOf(silent), 'lost replica_lost');
    const conditions = [yes, { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' }];
    assert.equal(stateOf(pod({ conditions, containerStatuses: [running] }, onNode)), 'lost replica_lost');
  });
});

describe('the ticket of a pod for its bundle', () => {
  it('is good for one bundle, for two minutes, and only with the secret of the version', () => {
    const secrets = new ClusterSecrets('ab'.repeat(32));
    const [digest, other] = ['sha256:1', 'sha256:2'] as BundleDigest[] as [BundleDigest, BundleDigest];
    const ticket = fetchTicket(secrets.fetch(key, digest), key, digest, 1_000_000);
    assert.equal(ticketAllows(secrets, ticket, digest, 1_000_000 + ticketMs), true);
    assert.equal(ticketAllows(secrets, ticket, digest, 1_000_001 + ticketMs), false);
    assert.equal(ticketAllows(secrets, ticket, other, 1_000_000), false);
    assert.equal(ticketAllows(secrets, ticket.replace(digest, other), other, 1_000_000), false);
    assert.equal(ticketAllows(secrets, fetchTicket('guess', key, digest, 1_000_000), digest, 1_000_000), false);
    assert.equal(ticketAllows(secrets, '', digest, 1_000_000), false);
  });
});
