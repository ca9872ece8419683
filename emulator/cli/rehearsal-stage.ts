// Where a rehearsal takes place: a platform, there or made for it, and a task, there or deployed for it and deleted after.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Profile } from '../../schemas/profile.ts';
import type { Scenario } from '../../schemas/scenario.ts';
import { readManifest } from '../bundle/manifest.ts';
import type { SlipwayClient } from '../client/client.ts';
import { connect, startPlatform, stopPlatform } from '../client/local-platform.ts';
import { sleep } from '../common/clock.ts';
import { fromReason, SlipwayError } from '../common/errors.ts';
import { homeAt } from '../common/home.ts';
import { randomHex } from '../common/random.ts';
import type { EngineStart } from './engine-options.ts';
import { bring, serviceFolder } from './service-folder.ts';
import type { Connection, Session } from './session.ts';

export interface Stage {
  readonly client: SlipwayClient;
  readonly task: string;
  /** Where the task is called. */
  readonly url: string;
}

/** A platform: its client, and the URL of its gateway. */
type Place = Pick<Connection, 'client' | 'info'>;

export interface StageOptions {
  readonly scenario: Scenario;
  /** Of the scenario file. */
  readonly folder: string;
  /** A task that is there already. */
  readonly task: string | undefined;
  /** On a platform of its own, with this engine and these nodes. */
  readonly apart: false | (EngineStart & { readonly nodes?: string });
  /** Stands in for the service. */
  readonly profile?: Profile | undefined;
}

const lookMs = 100;
const readyMs = 300_000;

export async function withStage<T>(
  session: Session,
  options: StageOptions,
  use: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { apart } = options;
  const { signal, progress } = session;
  if (apart === false) {
    const place = await session.connect();
    await refuseOnGuarded(place.client, signal);
    return withTask(session, place, options, use);
  }
  const root = await mkdtemp(join(tmpdir(), 'slw-'));
  // Its environments are those of the session, which are made once and kept.
  const home = homeAt(root);
  try {
    progress.step('Starting a platform for the rehearsal');
    const nodes = await nodesFor(session, options);
    const started = await startPlatform({ home, life: 'tied', port: 0, controlPort: 0, nodes, signal, ...apart });
    const client = session.closer.add(await connect(started));
    return await withTask(session, { client, info: started }, options, use);
  } finally {
    await stopPlatform(home, { force: 'kill', timeoutMs: 20_000 });
    await rm(root, { recursive: true, force: true });
  }
}

/** A card that is only modelled needs none here: the nodes have as many as the replicas and an update of them want. */
async function nodesFor(session: Session, { scenario, folder, profile }: StageOptions): Promise<string> {
  const { nodes, service, replicas } = scenario;
  if (profile === undefined || service === undefined) return String(nodes);
  const { resources, ...manifest } = await readManifest(await serviceFolder(session, resolve(folder, service)));
  const cards = Math.ceil(Math.ceil(resources.gpu) * ((replicas ?? manifest.replicas) + 1));
  return cards === 0 ? String(nodes) : `${nodes}:gpu=${Math.min(mostCards, cards)}`;
}

/** Of one node, as `--nodes` has it. */
const mostCards = 99;

/** A cluster serves others: even the load of a rehearsal is only for a namespace that is meant for it. */
async function refuseOnGuarded(client: SlipwayClient, signal: AbortSignal): Promise<void> {
  const { engine } = await client.call('getPlatform', {}, { signal });
  if (engine !== 'kubernetes') return;
  const { refused } = await client.call('getFaults', {}, { signal });
  if (refused !== undefined) throw new SlipwayError('fault_refused', `No rehearsals here: ${refused}.`);
}

async function withTask<T>(
  session: Session,
  { client, info }: Place,
  { scenario, folder, task, profile }: StageOptions,
  use: (stage: Stage) => Promise<T>,
): Promise<T> {
  const there = task ?? (scenario.service === undefined ? scenario.task : undefined);
  const url = (name: string): string => new URL(`/${name}`, info.inference).href;
  if (there !== undefined) return use({ client, task: there, url: url(there) });
  if (scenario.service === undefined) {
    throw new SlipwayError('scenario_invalid', 'The scenario names neither a service nor a task.', {
      hint: 'Name a task that is there with --task.',
    });
  }
  const { signal } = session;
  const bundle = await bring(
    session,
    client,
    await serviceFolder(session, resolve(folder, scenario.service)),
    'careful',
    undefined,
    profile,
  );
  const name = `rehearsal-${randomHex(4)}`;
  const { replicas } = scenario;
  const body = { task: name, bundle: bundle.digest, ...(replicas === undefined ? {} : { replicas }) };
  await client.call('createTask', { body }, { signal });
  try {
    await ready(session, client, name);
    return await use({ client, task: name, url: url(name) });
  } finally {
    await client.call('deleteTask', { params: { task: name } });
  }
}

async function ready(session: Session, client: SlipwayClient, task: string): Promise<void> {
  const { signal, clock, progress } = session;
  progress.step('Waiting until the service is ready');
  const endMs = clock.monotonic() + readyMs;
  for (;;) {
    const { state, reason } = await client.call('getTask', { params: { task } }, { signal });
    if (state === 'ready') return;
    if (state === 'failed' && reason !== undefined) throw fromReason(reason);
    if (clock.monotonic() > endMs) {
      throw new SlipwayError('load_timeout', `The service was not ready after ${readyMs / 1000} s.`);
    }
    await sleep(clock, lookMs, signal);
  }
}
