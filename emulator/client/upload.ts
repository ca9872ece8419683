// Uploads an archive in pieces. A broken connection or a restarted platform costs a piece, not the upload.
import type { Readable } from 'node:stream';
import type { UploadView } from '../../schemas/api.ts';
import { sleep, type Clock } from '../common/clock.ts';
import { toSlipwayError, type SlipwayError } from '../common/errors.ts';

/** A bundle archive that can be read from its start, as often as needed. */
export interface UploadSource {
  readonly digest: string;
  readonly bytes: number;
  open(): Readable;
}

export interface UploadParts {
  readonly source: UploadSource;
  /** What the platform has of it. */
  readonly state: () => Promise<UploadView>;
  readonly send: (piece: Buffer, offset: number) => Promise<UploadView>;
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
  for (;;) {
    try {
      const before = await parts.state();
      if (before.complete) return best >= 0;
      if (before.received > best) failures = 0;
      best = Math.max(best, before.received);
      progress(before.received);
      for await (const { piece, offset } of pieces(source, before.received)) {
        const { received, complete } = await parts.send(piece, offset);
        best = Math.max(best, received);
        failures = 0;
        progress(complete ? source.bytes : received);
        if (complete) return true;
        // Somebody else uploads the same archive and is further on.
        if (received > offset + piece.length) break;
      }
    } catch (error) {
      const failure = toSlipwayError(error);
      if (!isPassing(failure) || ++failures >= attempts) throw failure;
      await sleep(clock, Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)), signal);
    }
  }
}

/** The archive from `from` on, in pieces. */
async function* pieces(
  source: UploadSource,
  from: number,
): AsyncGenerator<{ readonly piece: Buffer; readonly offset: number }> {
  const archive = source.open();
  let at = 0;
  let offset = from;
  let held: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      const fresh = at >= from ? chunk : chunk.subarray(Math.min(chunk.length, from - at));
      at += chunk.length;
      if (fresh.length === 0) continue;
      held.push(fresh);
      bytes += fresh.length;
      if (bytes < pieceBytes) continue;
      yield { piece: Buffer.concat(held), offset };
      offset += bytes;
      held = [];
      bytes = 0;
    }
    if (bytes > 0) yield { piece: Buffer.concat(held), offset };
    // Nothing is left to send, but it was not stored: the last piece, empty, asks for that.
    else if (from === source.bytes) yield { piece: Buffer.alloc(0), offset };
  } finally {
    archive.destroy();
  }
}

function isPassing({ code }: SlipwayError): boolean {
  return code === 'platform_unreachable' || code === 'draining' || code === 'upload_offset';
}
