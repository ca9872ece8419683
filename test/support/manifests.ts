// Manifests, digests and records for tests of what comes after the bundle.
import { create } from '../../emulator/controller/commands.ts';
import type { TaskRecord } from '../../emulator/controller/record.ts';
import { BundleDigest, TaskName } from '../../schemas/ids.ts';
import { Manifest } from '../../schemas/manifest.ts';

export const mnist: TaskName = TaskName.parse('mnist');
export const uid = '5f3a91c0';

/** A digest that is told from others by its last digit. */
export function digest(number: number): BundleDigest {
  return BundleDigest.parse(`sha256:${number.toString(16).padStart(64, '0')}`);
}

export function manifest(more: Record<string, unknown> = {}): Manifest {
  return Manifest.parse({ name: 'mnist', main: 'service.py', ...more });
}

/** A new task whose first version is bundle 1. */
export function newTask(replicas = 1, now = 0): TaskRecord {
  return create(mnist, uid, { bundle: digest(1), manifest: manifest(), replicas }, now).record;
}
