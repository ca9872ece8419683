// Making a version of a task from a service folder, and waiting until it serves: what deploy, update and dev share.
import type { DeployAnswer } from '../../schemas/api.ts';
import type { RolloutWay, TaskView } from '../../schemas/tasks.ts';
import type { SlipwayClient } from '../client/client.ts';
import { sleep } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import { randomHex } from '../common/random.ts';
import { withChoice } from './rollout-choice.ts';
import { exitCode, type ExitCode } from './failure.ts';
import { showState } from './paint.ts';
import { awaitServing } from './rollout.ts';
import { refuseDrift } from './drift-check.ts';
import { modelNote, profileAt } from './profiles.ts';
import { firstCall } from './samples.ts';
import { bring, serviceFolder } from './service-folder.ts';
import type { Connection, Session } from './session.ts';

export interface DeployInput {
  readonly folder: string;
  /** Default: the name in slipway.json. */
  readonly task?: string | undefined;
  readonly name?: string | undefined;
  readonly replicas?: number | undefined;
  readonly canary?: number | undefined;
  readonly rollout?: RolloutWay | undefined;
  /** False makes the version and moves no traffic. */
  readonly traffic?: boolean | undefined;
  /** File of a recorded profile, which stands in for the service. */
  readonly profile?: string | undefined;
  readonly force: boolean;
  /** Publishes what does not fit the remote too. */
  readonly ignoreDrift?: boolean | undefined;
  /** False returns once the platform has accepted it. */
  readonly wait: boolean;
  /** An interruption takes the version back; else the platform goes on with it. */
  readonly cancelOnInterrupt: boolean;
}

/** How replicas are replaced; also an option of activate and rollback. */
export const rolloutOption = [
  '--rollout <way>',
  'surge (one replica more meanwhile), one-at-a-time, in-place or wait (default: surge)',
] as const;

/** Options of deploy and update, in commander's notation. */
export const deployOptions = [
  ['--name <name>', 'name of the version, such as alpha'],
  ['--replicas <count>', 'number of replicas (default: as in slipway.json, or as before)'],
  ['--canary <percent>', 'stop at this share of the traffic until `slipway activate`'],
  rolloutOption,
  ['--no-traffic', 'make the version, but give it no replicas until `slipway split` or `slipway activate`'],
  ['--profile <file>', 'a recorded profile that stands in for the service: a model of the device it was recorded on'],
  ['--force', 'pack files that look like secrets too'],
  ['--ignore-drift', 'publish to a remote without comparing the service with what is there'],
  ['--no-wait', 'return once the platform has accepted it'],
  ['--cancel-on-interrupt', 'when it is interrupted, have the platform give it up too'],
] as const;

type Settings = Pick<DeployInput, 'name' | 'replicas' | 'canary' | 'rollout' | 'traffic'>;

/** The body of the request without what was not said. */
export function settingsOf({ name, replicas, canary, rollout, traffic }: Settings): {
  name?: string;
  replicas?: number;
  canary?: number;
  rollout?: RolloutWay;
  traffic?: boolean;
} {
  return {
    ...(name === undefined ? {} : { name }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(canary === undefined ? {} : { canary }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(traffic === false ? { traffic } : {}),
  };
}

/**
 * Deploys a folder and prints the outcome.
 * @param missing what to do when there is no task of the name
 */
export async function deployFolder(
  session: Session,
  connection: Connection,
  input: DeployInput,
  missing: 'create' | 'refuse',
): Promise<ExitCode> {
  const { client } = connection;
  const folder = await serviceFolder(session, input.folder);
  if (missing === 'refuse') await client.call('getTask', { params: { task: input.task! } }, { signal: session.signal });
  const { remote } = session;
  const compares = remote !== undefined && input.ignoreDrift !== true;
  const fits = compares ? () => refuseDrift(session, client, { folder, remote }) : undefined;
  const profile = await profileAt(session, input.profile);
  const bundle = await bring(session, client, folder, input.force ? 'forced' : 'careful', fits, profile);
  const task = input.task ?? bundle.manifest.name;
  // With the same text a publish can be sent again when its answer was lost, and makes no second version.
  const settings = { bundle: bundle.digest, publish: randomHex(16), ...settingsOf(input) };
  const accepted = await withChoice(session, (rollout) =>
    patiently(session, () => createOrUpdate(client, task, { ...settings, ...rollout }, session.signal, missing)),
  );
  const waits = input.wait && input.traffic !== false;
  const view = waits
    ? await waitFor(session, client, accepted, input.cancelOnInterrupt ? 'cancel' : 'leave')
    : await client.call('getTask', { params: { task } }, { signal: session.signal });
  const { version, url } = accepted;
  const call = await firstCall(folder, bundle.manifest.samples, task, { cwd: session.terminal.cwd, remote });
  const device = profile?.device;
  const modelled = device === undefined ? {} : { modelled: device };
  session.print({ task, version, url, state: view.state, ...modelled }, () => [
    `${task} ${version} ${showState(view.state, session.paint)}`,
    `  ${url}`,
    ...(device === undefined ? [] : [`  ${modelNote(version, device)}`]),
    ...(input.traffic === false ? [`  give it traffic: slipway split ${task} ${version}=10 …`] : []),
    ...(waits ? [`  try it: ${call}`] : [`  follow it: slipway status ${task}`]),
  ]);
  return exitCode.done;
}

/** Whoever interrupts waits for no longer. */
const takeBackMs = 3_000;
const publishAttempts = 5;
/** Of a cluster another controller leads once a Lease of 10 s has run out. */
const handoverMs = 30_000;
const publishPauseMs = 1_000;

/** A controller that restarts, or hands over to another one, is back within seconds. */
async function patiently<Result>(session: Session, send: () => Promise<Result>): Promise<Result> {
  const end = session.clock.monotonic() + (session.remote === undefined ? 0 : handoverMs);
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const isOver = attempt >= publishAttempts && session.clock.monotonic() >= end;
      if (!hasCode(error, 'platform_unreachable') || isOver) throw error;
      session.progress.step('The platform does not answer; sending it again');
      await sleep(session.clock, publishPauseMs * Math.min(attempt, publishAttempts), session.signal);
    }
  }
}

/** A new version of the task, which is created when it is not there; two deploys at once both succeed. */
export async function createOrUpdate(
  client: SlipwayClient,
  task: string,
  settings: {
    bundle: string;
    publish?: string;
    name?: string;
    replicas?: number;
    canary?: number;
    rollout?: RolloutWay;
    traffic?: boolean;
  },
  signal: AbortSignal,
  missing: 'create' | 'refuse',
): Promise<DeployAnswer> {
  const update = (): Promise<DeployAnswer> =>
    client.call('updateTask', { params: { task }, body: settings }, { signal });
  try {
    return await update();
  } catch (error) {
    if (missing === 'refuse' || !hasCode(error, 'task_not_found')) throw error;
  }
  try {
    return await client.call('createTask', { body: { task, ...settings } }, { signal });
  } catch (error) {
    if (!hasCode(error, 'task_exists')) throw error;
  }
  return update();
}

async function waitFor(
  session: Session,
  client: SlipwayClient,
  accepted: DeployAnswer,
  interrupted: 'cancel' | 'leave',
): Promise<TaskView> {
  const { task, version } = accepted;
  try {
    return await awaitServing({
      client,
      task,
      version,
      clock: session.clock,
      signal: session.signal,
      progress: (text) => session.progress.step(text),
      patienceMs: session.remote === undefined ? 0 : handoverMs,
    });
  } catch (error) {
    if (!session.signal.aborted) throw await withFallback(error, client, accepted);
    if (interrupted === 'cancel') await takeBack(client, accepted);
    const cancel = version === 'v1' ? `slipway delete ${task}` : `slipway rollback ${task}`;
    throw new SlipwayError('cancelled', `Interrupted; the platform goes on deploying ${task} ${version}.`, {
      hint: `Follow it with \`slipway status ${task}\`, or cancel it with \`${cancel}\`.`,
    });
  }
}

/** The platform ends its preparation, a build under way too. @throws SlipwayError cancelled, when that is done */
async function takeBack(client: SlipwayClient, { task, version }: DeployAnswer): Promise<never> {
  const limit = { timeoutMs: takeBackMs };
  // Of a task that never served nothing is kept.
  if (version === 'v1') await client.call('deleteTask', { params: { task } }, limit);
  else await client.call('rollback', { params: { task }, body: {} }, limit);
  throw new SlipwayError('cancelled', `${task} ${version} was taken back.`);
}

/** Says which version goes on serving when the new one failed. */
async function withFallback(error: unknown, client: SlipwayClient, { task, version }: DeployAnswer): Promise<unknown> {
  if (!(error instanceof SlipwayError)) return error;
  const view = await client.call('getTask', { params: { task } }).catch(() => undefined);
  const serving = view?.versions.find((one) => one.id !== version && one.weight > 0);
  if (serving === undefined) return error;
  const traceback = error.traceback === undefined ? {} : { traceback: error.traceback };
  const hint = `${error.hint} ${task} ${serving.id} goes on serving.`;
  return new SlipwayError(error.code, error.message, { hint, cause: error, ...traceback });
}

function hasCode(error: unknown, code: SlipwayError['code']): boolean {
  return error instanceof SlipwayError && error.code === code;
}
