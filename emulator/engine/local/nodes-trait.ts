// What emulated nodes are, in words.
import { totalmem } from 'node:os';
import type { NodeSpec } from './nodes.ts';

/** @param machine memory of this machine in bytes */
export function nodesTrait(nodes: readonly NodeSpec[], machine: number = totalmem()): string {
  const promised = nodes.reduce((sum, { capacity }) => sum + capacity.memoryBytes, 0);
  const overcommitted = promised > machine ? ', which promise more memory than it has' : '';
  return `${nodes.length} emulated on one machine${overcommitted}; they share its kernel, network and disk`;
}
