// slipway fault: injects a fault into a replica or a node of a platform that lets it.
import { z } from 'zod';
import { faultText, InjectFault } from '../../../schemas/faults.ts';
import type { SlipwayClient } from '../../client/client.ts';
import { SlipwayError } from '../../common/errors.ts';
import { exitCode } from '../failure.ts';
import { splitTarget } from '../samples.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

const Input = z.strictObject({
  kind: z.string(),
  target: z.string(),
  // A clock also jumps back.
  ms: z.coerce.number('write a whole number').int('write a whole number').optional(),
  factor: z.coerce.number().optional(),
  rate: WholeNumber.optional(),
  times: WholeNumber.optional(),
});

export const fault = defineVerb({
  name: 'fault inject',
  summary: 'Inject a fault into a replica or a node',
  arguments: [
    [
      '<kind>',
      'kill, freeze, slow, leak, failLoad, dropLink, delayLink; of a node: kill, cut, restore, loseGpu; of the platform: clockJump',
    ],
    ['<target>', 'a replica, a node, or a task (its first ready replica), or the word platform'],
  ],
  options: [
    ['--ms <milliseconds>', 'how long: freeze, dropLink; how late: delayLink; how far: clockJump (back when negative)'],
    ['--factor <times>', 'how many times slower: slow (1 ends it)'],
    ['--rate <bytes>', 'bytes a second: leak'],
    ['--times <starts>', 'how many starts fail: failLoad'],
  ],
  input: Input,
  async run(session, input) {
    const { client } = await session.connect();
    const order = await orderOf(client, input, session.signal);
    await client.call('injectFault', { body: order }, { signal: session.signal });
    const at = order.target === 'node' ? order.node : order.target === 'replica' ? order.replica : 'itself';
    session.print(order, () => [`${faultText(order.fault)} injected into ${order.target} ${at}`]);
    return exitCode.done;
  },
});

export const faultList = defineVerb({
  name: 'fault list',
  summary: 'List the faults that this platform can inject',
  input: z.strictObject({}),
  async run(session) {
    const { client } = await session.connect();
    const support = await client.call('getFaults', {}, { signal: session.signal });
    session.print(support, () => [
      `replica  ${support.replica.join(', ') || 'none'}`,
      `node     ${support.node.join(', ') || 'none'}`,
      ...(support.refused === undefined ? [] : [`refused: ${support.refused}`]),
    ]);
    return exitCode.done;
  },
});

/** A target is looked up in this order: node, replica, task. */
async function orderOf(
  client: SlipwayClient,
  input: z.output<typeof Input>,
  signal: AbortSignal,
): Promise<InjectFault> {
  const { kind, target, ms, factor, rate, times } = input;
  const settings = {
    kind,
    ...(ms === undefined ? {} : { ms }),
    ...(factor === undefined ? {} : { factor }),
    ...(rate === undefined ? {} : { bytesPerSecond: rate }),
    ...(times === undefined ? {} : { times }),
  };
  const { nodes } = await client.call('listNodes', {}, { signal });
  if (target === 'platform') return parse({ target, fault: settings });
  if (nodes.some(({ name }) => name === target)) return parse({ target: 'node', node: target, fault: settings });
  return parse({ target: 'replica', replica: await replicaOf(client, target, signal), fault: settings });
}

async function replicaOf(client: SlipwayClient, target: string, signal: AbortSignal): Promise<string> {
  const { tasks } = await client.call('listTasks', {}, { signal });
  const replicas = tasks.flatMap((view) => view.replicas);
  if (replicas.some(({ id }) => id === target)) return target;
  const { task, version } = splitTarget(target);
  const view = tasks.find(({ name }) => name === task);
  if (view === undefined)
    throw new SlipwayError('replica_not_found', `${target} is no node, no replica and no task here.`);
  const wanted = view.versions.find(({ id, name }) => id === version || name === version)?.id ?? view.activeVersion;
  const ready = view.replicas.find((replica) => replica.state === 'ready' && replica.version === wanted);
  if (ready === undefined) throw new SlipwayError('replica_not_found', `${target} has no ready replica.`);
  return ready.id;
}

function parse(order: unknown): InjectFault {
  const parsed = InjectFault.safeParse(order);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new SlipwayError('usage', `${issue.path.join('.')}: ${issue.message}.`, {
    hint: 'See `slipway fault inject --help` and `slipway fault list`.',
  });
}
