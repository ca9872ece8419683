// `npm run bench -- --scale`: a platform far past one machine, simulated with the real functions that make, send and apply
// route tables, divide traffic, add up load and place replicas, on a clock that the simulation moves.
import { applyMessage, lineOf, printsOf } from '../emulator/cluster/route-diff.ts';
import { GatewayLoads } from '../emulator/cluster/gateway-loads.ts';
import { place, type Placed, type PlacementNode } from '../emulator/engine/local/placement.ts';
import { noLoad } from '../emulator/observe/load.ts';
import { splitRound } from '../emulator/router/split.ts';
import type { ReplicaRoute, RouteTable, TaskRoute } from '../emulator/router/table.ts';
import { GatewayReport, RouteMessage } from '../schemas/cluster.ts';
import { NodeName, ReplicaId, TaskName, VersionId, VersionKey } from '../schemas/ids.ts';
import { Manifest } from '../schemas/manifest.ts';

const tasks = 10_000;
const replicasEach = 10;
const gateways = 200;
const zones = 3;
const nodesOfCell = 24;
/** Share of their capacity that replicas use before the zone is lost. */
const busy = 0.6;
/** From the silence of a node until its pods are replaced: grace period and toleration, as the manifests have them. */
const noticedS = 40 + 5;
/** Pods that a node starts a second, and how long one takes to be ready. */
const startsPerNodeS = 0.5;
const readyAfterS = 8;
const nodes = 1_000;

const manifest = Manifest.parse({ name: 'task', main: 'main.py' });
const v1 = VersionId.parse('v1');

function replica(task: number, index: number): ReplicaRoute {
  const id = ReplicaId.parse(`task-${task}-r${index}`);
  const host = `10.${(task >> 8) & 255}.${task & 255}.${index}`;
  return { id, address: { kind: 'tcp', host, port: 7000, secret: 'f'.repeat(64) }, state: 'ready' };
}

function table(revision: number, keep: (task: number, index: number) => boolean): RouteTable {
  const routes = Array.from({ length: tasks }, (_, task): TaskRoute => {
    const all = Array.from({ length: replicasEach }, (_unused, index) => index).filter((index) => keep(task, index));
    const key = VersionKey.parse(`task-${task}-v1-00000000`);
    const replicas = all.map((index) => replica(task, index));
    const version = { key, id: v1, manifest, replicas, expected: true };
    return {
      task: TaskName.parse(`task-${task}`),
      split: [{ version: v1, weight: replicas.length }],
      versions: [version],
    };
  });
  return { revision, tasks: new Map(routes.map((route) => [route.task, route])) };
}

function timed<Value>(what: () => Value): { readonly value: Value; readonly ms: number } {
  const begin = performance.now();
  const value = what();
  return { value, ms: performance.now() - begin };
}

const mebi = 1024 ** 2;
const zoneOf = (task: number, index: number): number => (task + index) % zones;

/** @returns rows of what was measured, for people */
export function scale(): readonly (readonly [what: string, found: string])[] {
  const rows: [string, string][] = [];
  const show = (what: string, found: string): void => void rows.push([what, found]);
  const before = table(1, () => true);
  const prints = timed(() => printsOf(before));
  const whole = timed(() => lineOf(before, undefined, prints.value));
  show(
    'whole route table',
    `${(whole.value.length / mebi).toFixed(0)} MiB, made in ${(prints.ms + whole.ms).toFixed(0)} ms`,
  );
  const joined = timed(() => applyMessage(undefined, RouteMessage.parse(JSON.parse(whole.value))));
  show('a gateway that joins takes it in', `${joined.ms.toFixed(0)} ms`);

  const one = table(2, (task, index) => task !== 7 || index !== 3);
  const onePrints = printsOf(one);
  const line = timed(() => lineOf(one, prints.value, onePrints));
  const size = line.value.length;
  show('one replica changed', `${(size / 1024).toFixed(1)} KiB to each gateway, found in ${line.ms.toFixed(1)} ms`);

  const lost = table(3, (task, index) => zoneOf(task, index) !== 0);
  const lostPrints = printsOf(lost);
  const lostLine = timed(() => lineOf(lost, onePrints, lostPrints));
  const fanOut = (lostLine.value.length * gateways) / mebi;
  show(
    'a zone lost',
    `${(lostLine.value.length / mebi).toFixed(0)} MiB to each gateway, ${fanOut.toFixed(0)} MiB in all`,
  );
  const applied = timed(() => applyMessage(joined.value, RouteMessage.parse(JSON.parse(lostLine.value))));
  show('a gateway takes that in', `${applied.ms.toFixed(0)} ms`);
  const rounds = timed(() =>
    [...applied.value.tasks.values()].reduce((sum, { split }) => sum + splitRound(split).length, 0),
  );
  show('and divides the traffic of all tasks anew', `${rounds.ms.toFixed(1)} ms`);

  show('links of a gateway to all replicas', `${(tasks * replicasEach * 2).toLocaleString('en')} sockets`);
  reports(show);
  placements(show);
  recovery(show);
  return rows;
}

function reports(show: (what: string, found: string) => void): void {
  const versions = Array.from({ length: tasks }, (_, task) => ({
    ...{ key: VersionKey.parse(`task-${task}-v1-00000000`), task: `task-${task}`, version: 'v1', statuses: [[200, 5]] },
    ...{ durations: Array.from({ length: 16 }, () => 1), durationSeconds: 1, queueDepth: 0, executing: 0 },
    ...{ batches: 1, batchItems: 1, executeSeconds: 1, retries: 0, load: { ...noLoad, qps: 1 } },
  }));
  const text = JSON.stringify({ gateway: 'gateway', versions });
  const loads = new GatewayLoads({ monotonic: () => 0 });
  const report = timed(() => loads.report(GatewayReport.parse(JSON.parse(text))));
  const load = ((report.ms * gateways) / 1000).toFixed(1);
  show(
    'load reports of all gateways',
    `${report.ms.toFixed(0)} ms each: ${load} cores of the controller at one a second`,
  );
}

/** The local placement function on one cell of nodes; in a cluster the scheduler of Kubernetes places. */
function placements(show: (what: string, found: string) => void): void {
  const cell = Array.from({ length: nodesOfCell }, (_, index): PlacementNode => {
    const capacity = { cpu: 100, memoryBytes: 2 ** 40, gpu: 0 };
    return { name: NodeName.parse(`node-${index}`), state: index % zones === 0 ? 'lost' : 'ready', capacity };
  });
  const needs = { cpu: 1, memoryBytes: 2 ** 30, gpu: 0 };
  const survivors = cell.filter(({ state }) => state === 'ready');
  const running: Placed[] = Array.from({ length: 1_000 }, (_, index) => {
    const key = VersionKey.parse(`task-${index % 100}-v1-00000000`);
    return { key, needs, node: survivors[index % survivors.length]!.name, gpus: [] };
  });
  const wanted = 100;
  const run = timed(() => {
    for (let index = 0; index < wanted; index++) {
      const key = VersionKey.parse(`task-${index}-v1-00000000`);
      const found = place({ key, needs }, cell, running);
      if (found.kind === 'placed') running.push({ key, needs, node: found.node, gpus: found.gpus });
    }
  });
  show(
    'placing one replica in a cell of 24 nodes and 1,000 replicas',
    `${(run.ms / wanted).toFixed(2)} ms; its cost grows with nodes × replicas`,
  );
}

/** Second by second after the loss: what serves, what is asked, and what has to wait. */
function recovery(show: (what: string, found: string) => void): void {
  const total = tasks * replicasEach;
  const offered = total * busy;
  let ready = total - total / zones;
  let waiting = 0;
  let worst = 0;
  let starting: number[] = [];
  let missing = total - ready;
  let second = 0;
  for (; ready < total || waiting > 0; second++) {
    waiting = Math.max(0, waiting + offered - ready);
    worst = Math.max(worst, waiting / ready);
    if (second >= noticedS && missing > 0) {
      const begun = Math.min(missing, (nodes - nodes / zones) * startsPerNodeS);
      missing -= begun;
      for (let pod = 0; pod < begun; pod++) starting.push(second + readyAfterS);
    }
    ready += starting.filter((at) => at <= second).length;
    starting = starting.filter((at) => at > second);
  }
  show('all replicas serve again', `${second} s after the loss of the zone, ${noticedS} s of them until it is noticed`);
  show(
    'longest wait for capacity meanwhile',
    worst === 0 ? 'none: what is left carries the load' : `${worst.toFixed(1)} s`,
  );
}
