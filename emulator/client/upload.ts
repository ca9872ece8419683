// Uploads an archive in pieces. A broken connection or a restarted platform costs a piece, not the upload.
import type { Readable } from 'node:stream';
import type { UploadView } from '../../schemas/api.ts';
import { sleep, type Clock } from '../common/clock.ts';
import { toSlipwayError, type SlipwayError } from '../common/errors.ts';

/** A bundle archive that can be read as often as needed. */
export interface UploadSource {
  readonly digest: string;
  readonly bytes: number;
  /** Contents of large files in it, in its order; default: none are known. */
  readonly large?: readonly LargeContents[];
  /** From byte `from` on. */
  open(from: number): Readable;
}

export interface LargeContents {
  /** Where they begin in the archive. */
  readonly at: number;
  readonly bytes: number;
  readonly fingerprint: () => Promise<string>;
}

export interface UploadParts {
  readonly source: UploadSource;
  /** What the platform has of it. */
  readonly state: () => Promise<UploadView>;
  readonly send: (piece: Buffer, offset: number) => Promise<UploadView>;
  /** Has the platform take contents from a file that it has; what it has received is as before when it has none. */
  readonly fill: (contents: LargeContents) => Promise<UploadView>;
  /** Called with the bytes that the platform has. */
  readonly progress: (bytes: number) => void;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Small enough to be sent again, and to be held in memory. */
const pieceBytes = 8 * 1024 * 1024;
/** Failures in a row, without a byte of progress between them, until it is given up. */
const attempts = 8;
const firstPauseMs = 250;
const longestPauseMs = 8_000;

/** @returns whether anything was sent. @throws SlipwayError what the platform says that trying again does not mend */
export async function uploadPieces(parts: UploadParts): Promise<boolean> {
  const { source, clock, signal, progress } = parts;
  let failures = 0;
  let best = -1;
  /** Whether large files that the platform has may stand for what it would be sent. */
  let fills = (source.large?.length ?? 0) > 0;
  for (;;) {
    try {
      const before = await parts.state();
      if (before.complete) return best >= 0;
      if (before.received > best) failures = 0;
      best = Math.max(best, before.received);
      progress(before.received);
      const steps = walk(parts, before.received, fills ? source.large! : []);
      for await (const { received, complete } of steps) {
        best = Math.max(best, received);
        failures = 0;
        progress(complete ? source.bytes : received);
        if (complete) return true;
      }
    } catch (error) {
      const failure = toSlipwayError(error);
      // What was taken for the same was not, and nothing of it was kept: all is sent.
      if (failure.code === 'bundle_digest' && fills) {
        fills = false;
        best = -1;
        continue;
      }
      if (!isPassing(failure) || ++failures >= attempts) throw failure;
      await sleep(clock, Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)), signal);
    }
  }
}

/** Brings the archive from `from` on, each step with what the platform has then; ends early where that is further on. */
async function* walk(
  { source, send, fill }: UploadParts,
  from: number,
  large: readonly LargeContents[],
): AsyncGenerator<UploadView> {
  let at = from;
  for (const contents of large) {
    if (contents.at < at) continue;
    for await (const view of sendRange({ source, send }, at, contents.at)) {
      yield view;
      at = view.received;
    }
    if (at !== contents.at) return;
    const view = await fill(contents);
    yield view;
    at = view.received;
    if (at > contents.at && at !== contents.at + contents.bytes) return;
  }
  yield* sendRange({ source, send }, at, source.bytes);
}

async function* sendRange(
  { source, send }: Pick<UploadParts, 'source' | 'send'>,
  from: number,
  to: number,
): AsyncGenerator<UploadView> {
  // At the end nothing is left to send, but it was not stored: the last piece, empty, asks for that.
  if (from === to && to === source.bytes) yield await send(Buffer.alloc(0), from);
  for await (const { piece, offset } of pieces(source, from, to)) {
    const view = await send(piece, offset);
    yield view;
    // Somebody else uploads the same archive and is further on.
    if (view.received > offset + piece.length) return;
  }
}

/** What lies in the archive from `from` on and before `to`, in pieces. */
async function* pieces(
  source: UploadSource,
  from: number,
  to: number,
): AsyncGenerator<{ readonly piece: Buffer; readonly offset: number }> {
  if (from === to) return;
  const archive = source.open(from);
  let offset = from;
  let held: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      const wanted = chunk.subarray(0, to - offset - bytes);
      held.push(wanted);
      bytes += wanted.length;
      const isLast = offset + bytes === to;
      if (bytes < pieceBytes && !isLast) continue;
      yield { piece: Buffer.concat(held), offset };
      offset += bytes;
      held = [];
      bytes = 0;
      if (isLast) return;
    }
    if (bytes > 0) yield { piece: Buffer.concat(held), offset };
  } finally {
    archive.destroy();
  }
}

function isPassing({ code }: SlipwayError): boolean {
  return code === 'platform_unreachable' || code === 'draining' || code === 'upload_offset';
}
