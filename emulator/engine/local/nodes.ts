// Emulated nodes: what `--nodes` says, as names and capacities. Nothing here knows what runs on them.
//
//   --nodes 3                          three nodes, each as large as the default one
//   --nodes 2:cpu=4,memory=8Gi,gpu=1   two nodes of 4 cores, 8 GiB and one GPU each
//   --nodes '2:gpu=1;1:cpu=16'         groups, separated by ";" or ","; what is left out is the default
import { readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { NodeName } from '../../../schemas/ids.ts';
import { Bytes, toBytes } from '../../../schemas/manifest.ts';
import type { Capacity } from '../../../schemas/tasks.ts';
import { SlipwayError } from '../../common/errors.ts';

export interface NodeSpec {
  readonly name: NodeName;
  readonly capacity: Capacity;
}

const maxNodes = 64;
/** The default node promises more than the machine has, because idle replicas need next to nothing. */
const generosity = { cpu: 8, leastCpu: 64, memory: 4 };

/** Capacity of a node of which nothing was said: this machine's, generously, and all of its GPUs. */
export function defaultCapacity(): Capacity {
  return {
    cpu: Math.max(generosity.leastCpu, cpus().length * generosity.cpu),
    memoryBytes: totalmem() * generosity.memory,
    gpu: countGpus(),
  };
}

/**
 * Nodes `node-1`, `node-2`, … of a specification as above.
 * @throws SlipwayError usage, which says what was expected and what was found.
 */
export function parseNodes(spec: string, otherwise: Capacity = defaultCapacity()): readonly NodeSpec[] {
  const nodes: NodeSpec[] = [];
  for (const group of groupsOf(spec)) {
    const capacity = capacityOf(group, otherwise);
    for (let i = 0; i < group.count; i++) nodes.push({ name: nodeName(nodes.length + 1), capacity });
  }
  if (nodes.length > maxNodes) throw wrong(spec, `at most ${maxNodes} nodes are emulated`);
  return nodes;
}

/** The one node that there is when nothing is said. */
export function defaultNodes(): readonly NodeSpec[] {
  return [{ name: nodeName(1), capacity: defaultCapacity() }];
}

interface Group {
  readonly text: string;
  readonly count: number;
  readonly settings: string[];
}

/** A part that begins with a number opens a group; `key=value` parts belong to the group before them. */
function groupsOf(spec: string): Group[] {
  const groups: Group[] = [];
  for (const part of spec.split(/[;,]/).map((text) => text.trim())) {
    const opening = /^([0-9]+)(?::(.*))?$/.exec(part);
    if (opening !== null) {
      const count = Number(opening[1]);
      if (count < 1 || count > maxNodes) throw wrong(part, `a group has 1 to ${maxNodes} nodes`);
      groups.push({ text: part, count, settings: opening[2] === undefined ? [] : [opening[2]] });
    } else if (part.includes('=') && groups.length > 0) {
      groups.at(-1)!.settings.push(part);
    } else {
      throw wrong(spec, 'expected a number of nodes such as "2" or "2:cpu=4,memory=8Gi,gpu=1"');
    }
  }
  return groups;
}

function capacityOf(group: Group, otherwise: Capacity): Capacity {
  const capacity = { ...otherwise };
  const seen = new Set<string>();
  for (const setting of group.settings) {
    const [key = '', value = ''] = setting.split(/=(.*)/s).map((text) => text.trim());
    if (seen.has(key)) throw wrong(setting, `${key} is given twice`);
    seen.add(key);
    switch (key) {
      case 'cpu':
        capacity.cpu = amount(setting, value, /^[0-9]+(\.[0-9]+)?$/, 'cores such as cpu=4 or cpu=0.5');
        break;
      case 'gpu':
        capacity.gpu = amount(setting, value, /^[0-9]{1,2}$/, 'a whole number of GPUs such as gpu=1');
        break;
      case 'memory': {
        const bytes = Bytes.safeParse(value);
        if (!bytes.success) throw wrong(setting, 'expected bytes such as memory=8Gi');
        capacity.memoryBytes = toBytes(bytes.data);
        break;
      }
      default:
        throw wrong(setting, 'expected cpu=, memory= or gpu=');
    }
  }
  return capacity;
}

function amount(setting: string, value: string, form: RegExp, expected: string): number {
  if (!form.test(value)) throw wrong(setting, `expected ${expected}`);
  return Number(value);
}

function wrong(found: string, expected: string): SlipwayError {
  return new SlipwayError('usage', `--nodes: ${expected}; found "${found}"`, {
    hint: 'Write it like --nodes 2 or --nodes "2:cpu=4,memory=8Gi,gpu=1".',
  });
}

function nodeName(number: number): NodeName {
  return NodeName.parse(`node-${number}`);
}

/** NVIDIA devices of this machine, as the driver names them; 0 elsewhere. */
function countGpus(): number {
  try {
    return readdirSync('/dev').filter((name) => /^nvidia[0-9]+$/.test(name)).length;
  } catch {
    return 0;
  }
}
