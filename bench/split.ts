// Shares of versions over 10,000 requests through the gateway of a platform, and keys that stay with their version.
import { join } from 'node:path';
import type { SlipwayClient } from '../emulator/client/client.ts';
import { packageRoot } from '../emulator/common/assets.ts';
import { TaskName } from '../schemas/ids.ts';
import { OpenLoop } from './open-loop.ts';
import type { BenchOptions } from './options.ts';
import { row, type Row } from './row.ts';
import { withServers } from './servers.ts';

const weights: readonly (readonly [number, number, number])[] = [
  [50, 30, 20],
  [97, 2, 1],
  [1, 1, 1],
];
const params = { task: TaskName.parse('journal') };
const users = 500;
const ratePerSecond = 1_000;

export function split({ short }: BenchOptions): Promise<Row[]> {
  const requests = short ? 1_000 : 10_000;
  return withServers(async (servers) => {
    const platform = await servers.platform();
    const service = join(packageRoot, 'bench', 'services', 'journal');
    const variant = (model: number): string =>
      servers.variant(service, { config: { journal: '/dev/null', ms: 0, model } });
    const url = servers.deploy(variant(1));
    for (const model of [2, 3]) servers.deploy(variant(model), ['--no-traffic']);
    const client = await servers.client(platform);
    try {
      const errors: [number, number][] = [];
      for (const [v1, v2, v3] of weights) {
        await divide(client, { v1, v2, v3 });
        const shares = sharesOf(await ask(url, requests));
        const total = v1 + v2 + v3;
        const points = [v1, v2, v3].map((weight, i) => Math.abs((shares.get(`v${i + 1}`) ?? 0) - weight / total) * 100);
        console.error(`  ${v1}:${v2}:${v3} over ${requests} requests: off by ${Math.max(...points).toFixed(3)} points`);
        errors.push([Math.max(...points), 1]);
      }
      return [row('split-error', 'points', errors), ...(await stickiness(client, url, requests))];
    } finally {
      await client.close();
    }
  });
}

/** Strays: answers by another version than the one that a key had before. Moves: keys that changed with the weights. */
async function stickiness(client: SlipwayClient, url: string, requests: number): Promise<Row[]> {
  const sticky = { by: 'header', name: 'x-user' } as const;
  const homes = async (
    split: Readonly<Record<string, number>>,
  ): Promise<{ homes: Map<string, string>; strays: number }> => {
    await divide(client, split, sticky);
    const found = new Map<string, string>();
    let strays = 0;
    for (const { user, version } of await ask(url, requests)) {
      if (found.get(user) !== undefined && found.get(user) !== version) strays++;
      found.set(user, version);
    }
    return { homes: found, strays };
  };
  const before = await homes({ v1: 50, v2: 50 });
  const after = await homes({ v1: 40, v2: 60 });
  const moved = [...after.homes].filter(([user, version]) => before.homes.get(user) !== version);
  const back = moved.filter(([user]) => before.homes.get(user) !== 'v1').length;
  console.error(
    `  ${users} keys: ${before.strays + after.strays} strays in ${2 * requests} requests; 50:50 to 40:60 moved ` +
      `${((moved.length / users) * 100).toFixed(1)}% of them (10% had to), ${back} the wrong way`,
  );
  return [row('split-strays', 'strays or wrong moves', [[before.strays + after.strays + back, 2 * requests]])];
}

async function divide(
  client: SlipwayClient,
  split: Readonly<Record<string, number>>,
  sticky?: { readonly by: 'header'; readonly name: string },
): Promise<void> {
  await client.call('split', { params, body: { weights: split, ...(sticky === undefined ? {} : { sticky }) } });
  const share = (weight: number, weights: readonly number[]): number =>
    weight / weights.reduce((sum, one) => sum + one, 0);
  for (const end = performance.now() + 30_000; performance.now() < end;) {
    const { versions } = await client.call('getTask', { params });
    const wanted = Object.values(split);
    const found = versions.map(({ weight }) => weight);
    const stands = versions.every(
      ({ id, weight, replicas }) =>
        share(weight, found) === share(split[id] ?? 0, wanted) && (weight === 0 || replicas.ready >= replicas.wanted),
    );
    if (stands) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the split ${JSON.stringify(split)} does not come about`);
}

/** Who answered each request. */
async function ask(url: string, requests: number): Promise<readonly { user: string; version: string }[]> {
  const found: { user: string; version: string }[] = [];
  const user = (number: number): string => `user-${number % users}`;
  const loop = new OpenLoop({
    url,
    ratePerSecond,
    seconds: (2 * requests) / ratePerSecond,
    seed: 1,
    body: (number) => Buffer.from(String(number)),
    headers: (number) => `x-user: ${user(number)}\r\n`,
    done: ({ number, answer, problem }) => {
      if (answer?.status !== 200) throw new Error(answer === undefined ? problem : `${answer.status} ${answer.body}`);
      const version = /\r\nx-slipway-version: (\S+)/i.exec(answer.head)![1]!;
      if (found.length < requests) found.push({ user: user(number), version });
      else loop.stop();
    },
  });
  await loop.run();
  return found;
}

function sharesOf(answers: readonly { version: string }[]): Map<string, number> {
  const shares = new Map<string, number>();
  for (const { version } of answers) shares.set(version, (shares.get(version) ?? 0) + 1 / answers.length);
  return shares;
}
