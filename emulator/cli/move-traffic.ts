// What activate, rollback, start and scale share: ask for it, then wait until the task is as it was asked for.
import type { CallOptions, SlipwayClient } from '../client/client.ts';
import { sleep } from '../common/clock.ts';
import { SlipwayError, fromReason } from '../common/errors.ts';
import type { RolloutWay, TaskView } from '../../schemas/tasks.ts';
import { exitCode, type ExitCode } from './failure.ts';
import { count } from './figures.ts';
import { showState } from './paint.ts';
import { withChoice } from './rollout-choice.ts';
import type { Session } from './session.ts';

const pollMs = 100;
/** A change is in the view within one pass of the controller; until then an old view could look settled. */
const firstLookMs = 150;

export async function moveTraffic(
  session: Session,
  task: string,
  ask: (client: SlipwayClient, options: CallOptions, chosen: { readonly rollout?: RolloutWay }) => Promise<TaskView>,
): Promise<ExitCode> {
  const { client } = await session.connect();
  const { signal, clock } = session;
  let view = await withChoice(session, (chosen) => ask(client, { signal }, chosen));
  await sleep(clock, firstLookMs, signal);
  for (;;) {
    view = await client.call('getTask', { params: { task } }, { signal });
    if (view.state === 'failed' && view.reason !== undefined) throw fromReason(view.reason);
    const open = unsettled(view);
    if (open === undefined) break;
    session.progress.step(open);
    await sleep(clock, pollMs, signal);
  }
  const { activeVersion, url, state } = view;
  session.print({ task, version: activeVersion, url, state }, () => [
    `${task} ${activeVersion ?? ''} ${showState(state, session.paint)}  ${url}`,
  ]);
  return exitCode.done;
}

/** What the task is still waiting for; undefined when nothing is under way. */
export function unsettled(view: TaskView): string | undefined {
  const active = view.versions.find((version) => version.id === view.activeVersion);
  if (view.state === 'deploying' || active === undefined) return `${view.name} is ${view.state}`;
  const waited = view.versions.find(({ replicas }) => replicas.ready < replicas.wanted);
  if (waited === undefined || view.reason !== undefined) return undefined;
  const { ready, wanted } = waited.replicas;
  return `${view.name} ${waited.id}: ${ready} of ${count(wanted, 'replica')} ready`;
}

/** Waits until `task` is gone, or is stopped with no replica left. */
export async function awaitQuiet(session: Session, client: SlipwayClient, task: string): Promise<TaskView | undefined> {
  const { signal, clock } = session;
  for (;;) {
    try {
      const view = await client.call('getTask', { params: { task } }, { signal });
      if (view.state === 'stopped' && view.replicas.every((one) => one.state === 'stopped')) return view;
      session.progress.step(`${task}: draining, ${count(view.replicas.length, 'replica')} left`);
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'task_not_found') return undefined;
      throw error;
    }
    await sleep(clock, pollMs, signal);
  }
}
