// slipway node kill|cut|restore: what can happen to a node, on emulated ones.
import { z } from 'zod';
import type { NodeFaultKind } from '../../../schemas/faults.ts';
import { NodeName } from '../../../schemas/ids.ts';
import { exitCode } from '../failure.ts';
import { showNodes } from '../show-task.ts';
import { defineVerb, type Verb } from '../verb.ts';

export const nodeKill = nodeVerb('kill', 'Take a node down, with all that runs on it');
export const nodeCut = nodeVerb('cut', 'Cut a node off; what runs on it goes on running, out of reach');
export const nodeRestore = nodeVerb('restore', 'Bring a node back');

function nodeVerb(kind: Exclude<NodeFaultKind, 'loseGpu'>, summary: string): Verb {
  return defineVerb({
    name: `node ${kind}`,
    summary,
    arguments: [['<node>', 'name of the node, as `slipway status` shows it']],
    input: z.strictObject({ node: NodeName }),
    async run(session, { node }) {
      const { client } = await session.connect();
      const options = { signal: session.signal };
      await client.call('injectFault', { body: { target: 'node', node, fault: { kind } } }, options);
      const { nodes } = await client.call('listNodes', {}, options);
      session.print({ node, nodes }, () => showNodes(session, nodes));
      return exitCode.done;
    },
  });
}
