// Waiting for a version to serve: what is under way becomes progress, what went wrong becomes the error.
import type { SlipwayClient } from '../client/client.ts';
import { sleep, type Clock } from '../common/clock.ts';
import { SlipwayError, fromReason } from '../common/errors.ts';
import type { TaskView, VersionView } from '../../schemas/tasks.ts';
import { count } from './figures.ts';

/** What a look at the task says about the version that is waited for. */
export type Outcome =
  | { readonly kind: 'waiting'; readonly text: string }
  | { readonly kind: 'serving' }
  | { readonly kind: 'failed'; readonly error: SlipwayError };

export interface WaitOptions {
  readonly client: SlipwayClient;
  readonly task: string;
  readonly version: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called with what is being done; may repeat itself. */
  readonly progress: (text: string) => void;
  readonly pollMs?: number;
  /** How long a platform that does not answer is waited for; default 0. The version goes on without us. */
  readonly patienceMs?: number;
}

const againMs = 500;

/**
 * Resolves with the task once `version` serves.
 * @throws SlipwayError the reason of the version when it failed, with the user's traceback
 */
export async function awaitServing(options: WaitOptions): Promise<TaskView> {
  const { version, clock, signal } = options;
  for (;;) {
    const view = await look(options);
    const outcome = judge(view, version);
    if (outcome.kind === 'serving') return view;
    if (outcome.kind === 'failed') throw outcome.error;
    options.progress(outcome.text);
    await sleep(clock, options.pollMs ?? 100, signal);
  }
}

async function look({ client, task, clock, signal, progress, patienceMs = 0 }: WaitOptions): Promise<TaskView> {
  const end = clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return await client.call('getTask', { params: { task } }, { signal });
    } catch (error) {
      const passing =
        error instanceof SlipwayError && (error.code === 'platform_unreachable' || error.code === 'draining');
      if (!passing || clock.monotonic() >= end) throw error;
      progress('The platform does not answer; waiting for it');
      await sleep(clock, againMs, signal);
    }
  }
}

/** Decides from one look at a task; pure. */
export function judge(view: TaskView, id: string): Outcome {
  const version = view.versions.find((one) => one.id === id);
  if (version === undefined) {
    return failed(new SlipwayError('version_not_found', `${view.name} has no version ${id} any more.`));
  }
  const { wanted, ready } = version.replicas;
  // While the task is deploying, replicas of the version before still take part of the traffic.
  const settled = view.state !== 'deploying';
  switch (version.state) {
    case 'active':
      if (settled && (ready >= wanted || view.reason !== undefined)) return { kind: 'serving' };
      return waiting(describeStart(view, version));
    case 'ready':
      return waiting(`${label(view, version)}: ready, taking over the traffic`);
    case 'preparing':
      return waiting(version.progress ?? `${label(view, version)}: preparing the environment`);
    case 'starting':
      return waiting(describeStart(view, version));
    case 'failed':
      return failed(fromReason(version.reason ?? { code: 'rollout_failed', message: `${id} did not become ready.` }));
    case 'draining':
    case 'retired':
      return failed(new SlipwayError('state_conflict', `Another version took the place of ${view.name} ${id}.`));
  }
}

function describeStart(view: TaskView, version: VersionView): string {
  const { wanted, ready } = version.replicas;
  const own = view.replicas.filter((replica) => replica.version === version.id);
  const states = [...new Set(own.filter((one) => one.state !== 'ready').map((one) => one.state))];
  const reason = own.find((one) => one.reason !== undefined)?.reason;
  const detail = [...states, ...(reason === undefined ? [] : [firstLine(reason.message)])].join(', ');
  return `${label(view, version)}: ${ready} of ${count(wanted, 'replica')} ready${detail === '' ? '' : ` (${detail})`}`;
}

function label(view: TaskView, version: VersionView): string {
  return `${view.name} ${version.name ?? version.id}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

function waiting(text: string): Outcome {
  return { kind: 'waiting', text };
}

function failed(error: SlipwayError): Outcome {
  return { kind: 'failed', error };
}
