// Versions side by side on a real platform: shares by weight, keys that stay, copies that are compared and harm nobody.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ask, type Answer } from '../../support/raw-http.ts';
import { CommandPlatform } from '../../support/command-platform.ts';
import { until } from '../../support/waiting.ts';

const task = 'who';
const users = Array.from({ length: 60 }, (_, i) => `user-${i}`);

/** Answers with its body, or as the version is made to. */
const service = (execute: string): string => `
import time

class Who:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        ${execute}
`;
const echo = 'return [bytes(item) for item in data]';

class Site {
  readonly platform: CommandPlatform;
  readonly port: number;

  constructor(platform: CommandPlatform) {
    this.platform = platform;
    this.port = Number(new URL(platform.inference).port);
  }

  async split(...words: string[]): Promise<void> {
    await this.platform.must('split', task, ...words);
  }

  async versionOf(headers: Record<string, string> = {}, path = `/${task}`): Promise<string> {
    const answer = await ask(this.port, path, 'x', headers);
    assert.equal(answer.status, 200, answer.body);
    return answer.headers['x-slipway-version'] as string;
  }

  /** Version by user, asked three times each: the same each time. */
  async homes(of: (user: string) => [headers: Record<string, string>, path?: string]): Promise<Map<string, string>> {
    const homes = new Map<string, string>();
    for (let round = 0; round < 3; round++) {
      for (const user of users) {
        const version = await this.versionOf(...of(user));
        assert.equal(version, homes.get(user) ?? version, `${user} strayed`);
        homes.set(user, version);
      }
    }
    return homes;
  }
}

async function shares(site: Site): Promise<void> {
  await site.split('v1=70', 'v2=20', 'v3=10');
  const counts: Record<string, number> = {};
  for (let i = 0; i < 300; i++) {
    const version = await site.versionOf();
    counts[version] = (counts[version] ?? 0) + 1;
  }
  assert.deepEqual(counts, { v1: 210, v2: 60, v3: 30 });
  assert.equal(await site.versionOf({}, `/${task}@v3`), 'v3', 'a version has a URL of its own');
}

async function keys(site: Site): Promise<void> {
  await site.split('v1=50', 'v2=50', '--sticky', 'header:x-user');
  const before = await site.homes((user) => [{ 'x-user': user }]);
  assert.deepEqual(new Set(before.values()), new Set(['v1', 'v2']));
  await site.split('v1=30', 'v2=70', '--sticky', 'header:x-user');
  const after = await site.homes((user) => [{ 'x-user': user }]);
  const moved = users.filter((user) => before.get(user) !== after.get(user));
  assert.ok(moved.length > 0 && moved.length < users.length / 2, `${moved.length} moved`);
  assert.ok(
    moved.every((user) => before.get(user) === 'v1'),
    'keys only go to the version whose share rose',
  );
  // The same key has the same version, wherever it stands.
  await site.split('v1=30', 'v2=70', '--sticky', 'cookie:user');
  assert.deepEqual(await site.homes((user) => [{ cookie: `a=b; user=${user}` }]), after);
  await site.split('v1=30', 'v2=70', '--sticky', 'query:user');
  assert.deepEqual(await site.homes((user) => [{}, `/${task}?user=${user}`]), after);
}

const mirrored = async ({ platform }: Site, version: string): Promise<Record<string, number>> => {
  const { versions } = await platform.client.call('getTask', { params: { task } });
  return { ...versions.find(({ id }) => id === version)?.load.mirror };
};

/** All of `requests` at once, each answered by v1 with its own body. */
async function originals(site: Site, requests: number): Promise<void> {
  const bodies = Array.from({ length: requests }, (_, i) => `original ${i}`);
  const answers = await Promise.all(bodies.map((body): Promise<Answer> => ask(site.port, `/${task}`, body)));
  assert.deepEqual(
    answers.map(({ status, body, headers }) => [status, body, headers['x-slipway-version']]),
    bodies.map((body) => [200, body, 'v1']),
  );
}

async function comparison(site: Site): Promise<void> {
  const agrees = async (version: string, outcome: string): Promise<void> => {
    await site.split('v1=100', '--mirror', `${version}=100`);
    const before = (await mirrored(site, version))[outcome] ?? 0;
    for (let i = 0; i < 20; i++) await originals(site, 1);
    await until(async () => ((await mirrored(site, version))[outcome] ?? 0) === before + 20);
  };
  await agrees('v2', 'matched');
  await agrees('v3', 'mismatched');
  const { stdout } = await site.platform.slipway('events', task);
  assert.match(stdout, /mirror/i);
}

/** The version of the copies hangs, and then raises: the originals know nothing of it. */
async function harmless(site: Site): Promise<void> {
  await site.split('v1=100', '--mirror', 'v4=100');
  await originals(site, 200);
  // The first copy still executes: not one of the originals can have waited for it.
  const counts = await mirrored(site, 'v4');
  assert.equal((counts['matched'] ?? 0) + (counts['mismatched'] ?? 0), 0, JSON.stringify(counts));
  assert.ok((counts['dropped'] ?? 0) > 0, 'what has no room is dropped');
  await site.split('v1=100', '--mirror', 'v5=100');
  await originals(site, 50);
  await site.split('v1=100');
}

describe('versions side by side on a real platform', () => {
  it('have shares by weight; keys of header, cookie and query stay, and few move; copies are compared and harm nobody', () =>
    CommandPlatform.with({}, async (platform) => {
      await platform.deploy(task, service(echo));
      await platform.deploy(task, service(`${echo}  # again`), {}, '--no-traffic');
      await platform.deploy(task, service("return ['other'] * batch_size"), {}, '--no-traffic');
      const patient = { batching: { maxBatchSize: 4 }, timeouts: { drainMs: 1_000 } };
      await platform.deploy(task, service('time.sleep(20)'), patient, '--no-traffic');
      await platform.deploy(task, service("raise ValueError('not of the original')"), {}, '--no-traffic');
      const site = new Site(platform);
      await shares(site);
      await keys(site);
      await comparison(site);
      await harmless(site);
    })).timeout(120_000);
});
