// The worker link: length-prefixed frames over a unix socket or TCP. docs/worker-link.md tells the rules;
// the codecs are emulator/link (TypeScript) and emulator/runtime/slipway/link (Python), held together by vectors/frames.json.
//
// Every frame, little-endian:   u32 length of what follows | u8 type | u8 flags = 0 | u16 reserved = 0 | u32 id | payload
// BATCH payload:   u32 count | u32 headLength | count × { u32 metaLength, u32 bodyLength } | head | metas… | bodies…
// RESULT payload:  u32 count | u32 executeMicros | u32 executions | u32 headLength
//                  | count × { u16 status, u8 contentType, u8 flags = 0, u32 metaLength, u32 bodyLength } | head | metas… | bodies…
// `head` is JSON; a meta of a batch is latin1 text: the request id, then one "name: value" line a header, joined by \n;
// a meta of a result is header lines only. All other payloads are JSON, or empty.
import { z } from 'zod';
import { Reason } from './errors.ts';
import { ReplicaId, VersionKey } from './ids.ts';

export const linkProtocol = 1;
/** Bytes before the payload, the length field included. */
export const frameHeaderBytes = 12;
export const batchHeadBytes = 8;
export const batchRowBytes = 8;
export const resultHeadBytes = 16;
export const resultRowBytes = 12;
/** A longer frame is refused and its link closed: enough for 64 items of 32 MiB less than one call can hold in a buffer. */
export const maxFrameBytes = 1 << 30;

export const frameType = {
  hello: 1,
  state: 2,
  batch: 3,
  result: 4,
  error: 5,
  log: 6,
  ping: 7,
  pong: 8,
  paused: 9,
  drain: 10,
  fault: 11,
  debug: 12,
} as const;
export type FrameType = (typeof frameType)[keyof typeof frameType];

/** Codes of the content type column of a result; 3 says that the meta names it. */
export const resultContentTypes = [
  'application/octet-stream',
  'text/plain; charset=utf-8',
  'application/json',
] as const;
export const resultContentTypeInMeta = 3;

/** `data` carries batches and is served by the thread that executes; `control` carries all else, from a thread of its own. */
export const LinkRole = z.enum(['data', 'control']);

/** First frame of the dialer. */
export const DialerHello = z.object({
  protocol: z.literal(linkProtocol),
  role: LinkRole,
  /** Wanted on TCP; absent on a unix socket, whose folder is private. */
  secret: z.string().optional(),
  /** Send log frames over this link. */
  logs: z.boolean().optional(),
});
export type DialerHello = z.infer<typeof DialerHello>;

export const WorkerState = z.enum(['starting', 'loading', 'ready', 'draining', 'failed']);
export type WorkerState = z.infer<typeof WorkerState>;

/** The worker's answer, then again as a `state` frame at each change. */
export const StatePayload = z.object({ state: WorkerState, reason: Reason.optional() });
export type StatePayload = z.infer<typeof StatePayload>;

export const WorkerHello = StatePayload.extend({
  protocol: z.literal(linkProtocol),
  replica: ReplicaId,
  version: VersionKey,
  pid: z.int(),
  python: z.string(),
  /** The service is a server of its own, at this port of the worker's host; no batches are taken. */
  httpPort: z.int().min(1).max(65535).optional(),
  /** A debugger holds its threads; told again by `paused` frames. */
  paused: z.boolean().optional(),
});
export type WorkerHello = z.infer<typeof WorkerHello>;

/** What the items of one batch have in common; a gateway never mixes others into it. */
export const BatchHead = z.object({
  /**
   * How bodies are to be read: as they are, or as an inference request of the Open Inference Protocol v2.
   * `redact`: they go through the service's redaction and are not executed; the content type is `request` or `result`.
   */
  kind: z.enum(['raw', 'v2', 'redact']),
  /** Media type of all bodies, lower case, without parameters; empty when none was given. */
  contentType: z.string(),
});
export type BatchHead = z.infer<typeof BatchHead>;

/** Of a whole batch; empty (length 0) when there is nothing to say. */
export const ResultHead = z.object({
  /** Why items of this batch answered 5xx: what `execute` raised or broke, first one. */
  reason: Reason.optional(),
});
export type ResultHead = z.infer<typeof ResultHead>;

export const LogPayload = z.object({
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
  /** The requests of the batch that was executing. */
  requests: z.array(z.string()).optional(),
  /** Lines that were not sent since the last log frame, because there were too many. */
  dropped: z.int().optional(),
});
export type LogPayload = z.infer<typeof LogPayload>;

export const LinkError = z.object({ code: z.string(), message: z.string() });
/** A debugger has begun to hold the threads of the worker, or has let them go. */
export const PausedPayload = z.object({ paused: z.boolean() });
export type PausedPayload = z.infer<typeof PausedPayload>;
