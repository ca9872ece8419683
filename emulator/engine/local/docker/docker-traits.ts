// How containers of this machine do what engines do differently.
import type { Traits } from '../../../../schemas/traits.ts';
import { nodesTrait } from '../nodes-trait.ts';
import type { NodeSpec } from '../nodes.ts';

export function dockerTraits(nodes: readonly NodeSpec[]): Traits {
  return {
    nodes: nodesTrait(nodes),
    placement: 'by a function that explains its choice',
    'room for a rollout': 'known before it begins; one without room is refused, with the ways that there are',
    'parts of a GPU': 'replicas that declare gpuShared share one',
    isolation: 'containers with their own files and user, without privileges',
    network: 'the default bridge, which reaches the outside',
    processor: 'limited by the kernel',
    memory: 'limited by the kernel, for each container',
    dependencies: 'in an image that is built from the bundle',
    'system packages': 'installed into the image',
    'start of replicas': 'a Python of its own for each, in a container',
    'links to workers': 'a mounted socket, or TCP with a secret on the loopback address',
    'lost nodes': 'noticed at once',
    'restart of the platform': 'replicas that run go on for a minute, and the next platform takes them over',
    'end of the platform': 'replicas drain and end',
    'deleted tasks': 'their name is free at once',
    'captured batches': 'kept unless the manifest says otherwise',
  };
}
