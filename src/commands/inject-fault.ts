// Inject Fault: something that goes wrong in a replica or a node, on purpose, to see what the platform makes of it.
import { l10n, window } from 'vscode';
import { InjectFault, type FaultSupport, type NodeFaultKind, type ReplicaFaultKind } from '../../schemas/faults.ts';
import type { NodeView, ReplicaView } from '../../schemas/tasks.ts';
import { SlipwayError } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import { stateText } from '../views/state-text.ts';
import type { TasksNode } from '../views/task-nodes.ts';
import { chooseTask, type ChosenTask } from './choose.ts';
import { refuse } from './outcome.ts';
import { ask, askPick, isAnswer, type Pick, type StepFrame } from './steps.ts';
import { clientOf } from './task-life.ts';

type Target =
  { readonly target: 'replica'; readonly replica: string } | { readonly target: 'node'; readonly node: string };
interface Wanted {
  target: Target | undefined;
  fault: object | undefined;
}

interface Offer {
  readonly label: string;
  readonly detail: string;
  readonly fault: object;
}

/** With settings that show what the fault is about; the command line has them all. */
const replicaOffers: Readonly<Record<ReplicaFaultKind, Offer>> = {
  kill: { label: 'Kill', detail: 'Its process ends as in a crash, and is restarted', fault: { kind: 'kill' } },
  freeze: { label: 'Freeze for 6 s', detail: 'No thread of it runs', fault: { kind: 'freeze', ms: 6_000 } },
  slow: { label: 'Slow down ×10', detail: 'Each execute takes ten times as long', fault: { kind: 'slow', factor: 10 } },
  leak: { label: 'Leak memory', detail: 'Until it is ended for it', fault: { kind: 'leak' } },
  failLoad: {
    label: 'Fail the next start',
    detail: 'It ends, and does not load once',
    fault: { kind: 'failLoad', times: 1 },
  },
  dropLink: {
    label: 'Drop its link for 3 s',
    detail: 'The gateway cannot reach it',
    fault: { kind: 'dropLink', ms: 3_000 },
  },
  delayLink: {
    label: 'Delay its answers by 500 ms',
    detail: 'Results leave later',
    fault: { kind: 'delayLink', ms: 500 },
  },
};
const nodeOffers: Readonly<Record<NodeFaultKind, Offer>> = {
  kill: {
    label: 'Kill the node',
    detail: 'All that runs on it is gone, until it is restored',
    fault: { kind: 'kill' },
  },
  cut: { label: 'Cut the node off', detail: 'What runs on it goes on, out of reach', fault: { kind: 'cut' } },
  restore: { label: 'Restore the node', detail: 'It is back, with all of its GPUs', fault: { kind: 'restore' } },
  loseGpu: { label: 'Lose a GPU', detail: 'The replica that had it is lost', fault: { kind: 'loseGpu' } },
};

export async function injectFault(app: App, target: unknown): Promise<void> {
  const chosen = await chooseTask(app, target, l10n.t('Task to hurt'), ({ state }) => state !== 'stopped');
  const client = clientOf(chosen);
  const [support, { nodes }] = await Promise.all([client.call('getFaults', {}), client.call('listNodes', {})]);
  if (support.refused !== undefined) refuse(support.refused, l10n.t('Use a platform that allows faults.'));
  const given = replicaOf(target);
  const wanted: Wanted = { target: given, fault: undefined };
  const steps = [...(given === undefined ? [askTarget(chosen, nodes)] : []), askFault(support)];
  if (!(await ask(l10n.t('Inject Fault'), wanted, steps))) return;
  const order = InjectFault.safeParse({ ...wanted.target, fault: wanted.fault });
  if (!order.success) throw new SlipwayError('usage', order.error.issues[0]!.message);
  await client.call('injectFault', { body: order.data });
  void window.setStatusBarMessage(l10n.t('The fault is injected: see the Events view.'), 5_000);
}

function replicaOf(target: unknown): Target | undefined {
  const node = target as Partial<TasksNode> | undefined;
  return node?.kind === 'replica'
    ? { target: 'replica', replica: (node as { replica: ReplicaView }).replica.id }
    : undefined;
}

function askTarget(
  { task }: ChosenTask,
  nodes: readonly NodeView[],
): (frame: StepFrame, wanted: Wanted) => Promise<unknown> {
  return async (frame, wanted) => {
    const replicas = task.replicas.filter(({ state }) => state !== 'stopped');
    const items: Pick<Target>[] = [
      ...replicas.map(({ id, version, node, state }) => ({
        label: `$(server-process) ${version} ${id.split('-').at(-1)!}`,
        description: [stateText(state), node].filter((part) => part !== null).join(' · '),
        value: { target: 'replica' as const, replica: id },
      })),
      ...nodes.map(({ name, state, replicas: count }) => ({
        label: `$(server) ${name}`,
        description: `${stateText(state)} · ${count === 1 ? l10n.t('1 replica') : l10n.t('{0} replicas', count)}`,
        value: { target: 'node' as const, node: name },
      })),
    ];
    const answer = await askPick(frame, l10n.t('What the fault is done to'), items);
    if (isAnswer(answer)) wanted.target = answer;
    return answer;
  };
}

function askFault(support: FaultSupport): (frame: StepFrame, wanted: Wanted) => Promise<unknown> {
  return async (frame, wanted) => {
    const offers =
      wanted.target?.target === 'node'
        ? support.node.map((kind) => nodeOffers[kind])
        : support.replica.map((kind) => replicaOffers[kind]);
    const items = offers.map(({ label, detail, fault }) => ({
      label: l10n.t(label),
      detail: l10n.t(detail),
      value: fault,
    }));
    const answer = await askPick(frame, l10n.t('Fault'), items);
    if (isAnswer(answer)) wanted.fault = answer;
    return answer;
  };
}
