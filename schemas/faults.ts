// Faults that can be injected into a running platform, and what they are done to. One union; an engine says which it can.
import { z } from 'zod';
import { NodeName, ReplicaId } from './ids.ts';

const ms = z.int().min(1).max(600_000);

/** Faults that the process of a replica does to itself, told over its control link: the same in every engine. */
export const WorkerFault = z.discriminatedUnion('kind', [
  /** Each `execute` takes this many times as long; 1 ends it. */
  z.strictObject({ kind: z.literal('slow'), factor: z.number().min(1).max(1000) }),
  /** Takes memory until it is ended for it. */
  z.strictObject({
    kind: z.literal('leak'),
    bytesPerSecond: z
      .int()
      .min(1)
      .max(2 ** 34)
      .default(2 ** 28),
  }),
  /** Closes all links and refuses new ones for so long. */
  z.strictObject({ kind: z.literal('dropLink'), ms }),
  /** Results leave so much later; 0 ends it. */
  z.strictObject({ kind: z.literal('delayLink'), ms: z.int().min(0).max(60_000) }),
  /** Stops for so long and then goes on: no thread of it runs, no ping is answered. */
  z.strictObject({ kind: z.literal('freeze'), ms }),
]);
export type WorkerFault = z.infer<typeof WorkerFault>;

export const ReplicaFault = z.discriminatedUnion('kind', [
  /** Its process ends as in a crash; it is restarted like one. */
  z.strictObject({ kind: z.literal('kill') }),
  /** Its process ends, and so many of its next starts fail to load. */
  z.strictObject({ kind: z.literal('failLoad'), times: z.int().min(1).max(100).default(1) }),
  ...WorkerFault.options,
]);
export type ReplicaFault = z.infer<typeof ReplicaFault>;

export const NodeFault = z.discriminatedUnion('kind', [
  /** The node and all that runs on it are gone, until `restore`. */
  z.strictObject({ kind: z.literal('kill') }),
  /** It is out of reach, and what runs on it goes on running, until `restore`. */
  z.strictObject({ kind: z.literal('cut') }),
  /** It is back, empty, with all of its GPUs. */
  z.strictObject({ kind: z.literal('restore') }),
  /** One GPU fails, a used one first, and the replica that had it is lost, until `restore`. */
  z.strictObject({ kind: z.literal('loseGpu') }),
]);
export type NodeFault = z.infer<typeof NodeFault>;

export const PlatformFault = z.discriminatedUnion('kind', [
  /** Its wall clock jumps; its steady clock, by which it waits and measures, does not. */
  z.strictObject({ kind: z.literal('clockJump'), ms: z.int().min(-86_400_000).max(86_400_000) }),
]);
export type PlatformFault = z.infer<typeof PlatformFault>;

export const InjectFault = z.discriminatedUnion('target', [
  z.strictObject({ target: z.literal('platform'), fault: PlatformFault }),
  z.strictObject({ target: z.literal('replica'), replica: ReplicaId, fault: ReplicaFault }),
  z.strictObject({ target: z.literal('node'), node: NodeName, fault: NodeFault }),
]);
export type InjectFault = z.infer<typeof InjectFault>;

export const ReplicaFaultKind = z.enum(['kill', 'failLoad', 'slow', 'leak', 'dropLink', 'delayLink', 'freeze']);
export type ReplicaFaultKind = z.infer<typeof ReplicaFaultKind>;
export const NodeFaultKind = z.enum(['kill', 'cut', 'restore', 'loseGpu']);
export type NodeFaultKind = z.infer<typeof NodeFaultKind>;

/** What can be injected here. `refused` says why nothing may, although it could. */
export const FaultSupport = z.object({
  replica: z.array(ReplicaFaultKind),
  node: z.array(NodeFaultKind),
  platform: z.array(z.enum(['clockJump'])).default([]),
  refused: z.string().optional(),
});
export type FaultSupport = z.infer<typeof FaultSupport>;

/** A fault in a few words: `slow factor=4`. */
export function faultText({ kind, ...settings }: ReplicaFault | NodeFault | PlatformFault): string {
  return [kind, ...Object.entries(settings).map(([name, value]) => `${name}=${String(value)}`)].join(' ');
}
