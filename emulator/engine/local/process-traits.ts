// How processes of this machine do what engines do differently.
import type { Traits } from '../../../schemas/traits.ts';
import { nodesTrait } from './nodes-trait.ts';
import type { NodeSpec } from './nodes.ts';

/** @param start `warm`: replicas are forked from a parent that has made the imports */
export function processTraits(nodes: readonly NodeSpec[], start: 'warm' | 'fresh'): Traits {
  return {
    nodes: nodesTrait(nodes),
    placement: 'by a function that explains its choice',
    'room for a rollout': 'known before it begins; one without room is refused, with the ways that there are',
    'parts of a GPU': 'replicas that declare gpuShared share one',
    isolation: 'processes of one user, which see the same files',
    network: 'that of the machine, the outside included',
    processor: 'resources.cpu places replicas and sets the threads of numeric libraries; it is not enforced',
    memory:
      process.platform === 'linux'
        ? 'measured once a second; a replica over resources.memory is ended'
        : 'not limited on this system',
    dependencies: 'one environment for all versions that require the same',
    'system packages': 'not installed; what the machine has is used',
    'start of replicas':
      start === 'warm' ? 'forked from a parent that has made the imports' : 'a Python of its own for each',
    'links to workers': process.platform === 'win32' ? 'TCP with a secret, on the loopback address' : 'unix sockets',
    'lost nodes': 'noticed at once',
    'restart of the platform': 'replicas end with it and are started again',
    'end of the platform': 'replicas drain and end',
    'deleted tasks': 'their name is free at once',
    'captured batches': 'kept unless the manifest says otherwise',
  };
}
