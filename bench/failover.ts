// Deaths and changes under load, each with many seeds: a replica of three killed, a node of two killed, a model rolled, replicas
// drained. Counts what was lost, answered twice and executed twice, and how long until all replicas served again.
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { packFolder } from '../emulator/bundle/pack.ts';
import type { SlipwayClient } from '../emulator/client/client.ts';
import { packageRoot } from '../emulator/common/assets.ts';
import { seededRandom, type Random } from '../emulator/common/random.ts';
import { isWhole } from '../emulator/rehearsal/recovery.ts';
import { TaskName, type BundleDigest } from '../schemas/ids.ts';
import type { TaskView } from '../schemas/tasks.ts';
import { accountOf, type Account } from './account.ts';
import { OpenLoop, type Asked } from './open-loop.ts';
import type { BenchOptions } from './options.ts';
import { median, row, type Row } from './row.ts';
import { withServers } from './servers.ts';

const replicas = 3;
const ratePerSecond = 150;
/** Load before the fault, and after all replicas are back. */
const [leadMs, tailMs] = [400, 300];
const jitterMs = 300;
/** From a death until all replicas are ready: the first pause before a restart, and a start. */
const recoveryLimitS = 5;
const patienceMs = 60_000;
const task = TaskName.parse('journal');
const params = { task };

interface World {
  readonly client: SlipwayClient;
  readonly url: string;
  readonly journal: string;
  readonly bundles: readonly BundleDigest[];
}

interface Scenario {
  readonly name: string;
  /** @returns resolves when it has been done to the platform */
  act(world: World, random: Random): Promise<void>;
  /** What makes the world as it was, after the load. */
  restore?(world: World): Promise<void>;
}

const scenarios: readonly Scenario[] = [
  {
    name: 'kill-replica',
    async act({ client }, random) {
      const ready = (await view(client)).replicas.filter(({ state }) => state === 'ready');
      process.kill(ready[Math.floor(random() * ready.length)]!.pid!, 'SIGKILL');
      // A replica that is dead and not yet seen to be would look like one that was never hit.
      await until(client, (now) => !isWhole(now));
    },
    // The pause before a restart grows with each death of a replica: the next seed finds fresh ones.
    async restore({ client }) {
      await scaled(client, 0);
      await scaled(client, replicas);
    },
  },
  {
    name: 'kill-node',
    async act({ client }, random) {
      const { nodes } = await client.call('listNodes', {});
      const used = new Set((await view(client)).replicas.map(({ node }) => node));
      const fit = nodes.filter(({ name, state }) => state === 'ready' && used.has(name));
      const node = fit[Math.floor(random() * fit.length)]!.name;
      await client.call('injectFault', { body: { target: 'node', node, fault: { kind: 'kill' } } });
    },
    async restore({ client }) {
      const { nodes } = await client.call('listNodes', {});
      for (const { name, state } of nodes) {
        if (state === 'ready') continue;
        await client.call('injectFault', { body: { target: 'node', node: name, fault: { kind: 'restore' } } });
      }
      // Nothing moves by itself: replicas that are made anew are spread over both nodes again.
      await scaled(client, 1);
      await scaled(client, replicas);
    },
  },
  {
    name: 'roll-model',
    async act({ client, bundles }) {
      const before = await view(client);
      const active = before.versions.find(({ id }) => id === before.activeVersion)!;
      const bundle = bundles.find((one) => one !== active.bundle)!;
      const { version } = await client.call('updateTask', { params, body: { bundle } });
      await until(client, (now) => now.activeVersion === version && now.replicas.length === replicas);
    },
  },
  {
    name: 'drain',
    async act({ client }) {
      await scaled(client, 1);
      await scaled(client, replicas);
    },
  },
];

export function failover({ short }: BenchOptions): Promise<Row[]> {
  const seeds = short ? 2 : 20;
  return withServers(async (servers) => {
    const platform = await servers.platform({ flags: ['--nodes', '2'] });
    const journal = servers.file('journal.txt');
    const service = join(packageRoot, 'bench', 'services', 'journal');
    const folders = [1, 2].map((model) => servers.variant(service, { replicas, config: { journal, ms: 5, model } }));
    const url = servers.deploy(folders[0]!);
    const client = await servers.client(platform);
    try {
      const bundles = await Promise.all(folders.map((folder) => packFolder(folder)));
      for (const bundle of bundles) await client.upload(bundle);
      const world: World = { client, url, journal, bundles: bundles.map(({ digest }) => digest) };
      const rows: Row[] = [];
      for (const scenario of scenarios) rows.push(...(await many(scenario, world, seeds)));
      return rows;
    } finally {
      await client.close();
    }
  });
}

async function many(scenario: Scenario, world: World, seeds: number): Promise<Row[]> {
  const runs: { account: Account; recoveryS: number }[] = [];
  for (let seed = 1; seed <= seeds; seed++) runs.push(await once(scenario, world, seed));
  const total = (of: (account: Account) => number): number => runs.reduce((sum, { account }) => sum + of(account), 0);
  const times = runs.map(({ recoveryS }) => recoveryS);
  const [lost, twice] = [total((one) => one.lost), total((one) => one.answeredTwice)];
  const gaps = runs.map(({ account }) => account.longestGapMs);
  console.error(
    `  ${scenario.name}, ${seeds} seeds: ${total((one) => one.sent)} sent, ${lost} lost, ${twice} answered twice, ` +
      `${total((one) => one.executedTwice)} executed twice, ${total((one) => one.unexecuted)} answered unexecuted; whole again ` +
      `after ${median(times).toFixed(2)} s (at most ${Math.max(...times).toFixed(2)}), longest time without an answer ` +
      `${median(gaps).toFixed(0)} ms (at most ${Math.max(...gaps).toFixed(0)})`,
  );
  for (const problem of runs.flatMap(({ account }) => account.problems).slice(0, 5)) console.error(`    ${problem}`);
  const bad = total((one) => one.lost + one.answeredTwice + one.unexecuted);
  return [
    row(`failover-${scenario.name}`, 'lost or answered twice', [[bad, total((one) => one.sent)]]),
    row(
      `failover-${scenario.name}-recovery`,
      's',
      times.map((time) => [time, recoveryLimitS] as const),
    ),
  ];
}

async function once(scenario: Scenario, world: World, seed: number): Promise<{ account: Account; recoveryS: number }> {
  const random = seededRandom(seed);
  const idOf = (number: number): string => `${scenario.name}-${seed}-${number}`;
  if (existsSync(world.journal)) truncateSync(world.journal);
  const asked: Asked[] = [];
  const loop = new OpenLoop({
    url: world.url,
    ratePerSecond,
    seconds: patienceMs / 1000,
    seed,
    body: (number) => Buffer.from(idOf(number)),
    headers: (number) => `x-slipway-request: ${idOf(number)}\r\n`,
    done: (one) => asked.push(one),
  });
  const load = loop.run();
  await pause(leadMs + random() * jitterMs);
  const startedAt = performance.now();
  await scenario.act(world, random);
  await until(world.client, (now) => isWhole(now) && now.replicas.length === replicas);
  const recoveryS = (performance.now() - startedAt) / 1000;
  await pause(tailMs);
  loop.stop();
  await load;
  const journal = readFileSync(world.journal, 'utf8').split('\n').slice(0, -1);
  await scenario.restore?.(world);
  return { account: accountOf(asked, idOf, loop.unsolicited, journal), recoveryS };
}

function view(client: SlipwayClient): Promise<TaskView> {
  return client.call('getTask', { params });
}

async function scaled(client: SlipwayClient, count: number): Promise<void> {
  await client.call('scale', { params, body: { replicas: count } });
  await until(client, (now) => isWhole(now) && now.replicas.length === count);
}

/** Looks often: the times that are told are times until it was seen. */
async function until(client: SlipwayClient, holds: (view: TaskView) => boolean): Promise<void> {
  const end = performance.now() + patienceMs;
  for (let now = await view(client); !holds(now); now = await view(client)) {
    if (performance.now() > end) throw new Error(`the task is still ${now.state}: ${JSON.stringify(now.replicas)}`);
    await pause(10);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
