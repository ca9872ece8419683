// What one replica of a version needs of a node. Pure.
import { toBytes } from '../../schemas/manifest.ts';
import type { Capacity } from '../../schemas/tasks.ts';
import type { VersionRecord } from './record.ts';

export function needsOf({ manifest }: Pick<VersionRecord, 'manifest'>): Capacity {
  const { cpu, memory, gpu } = manifest.resources;
  return { cpu, memoryBytes: toBytes(memory), gpu };
}
