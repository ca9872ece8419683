// What undoes the compression of a request body, piece by piece: whoever reads what comes out counts the bytes and stops.
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import { SlipwayError } from '../common/errors.ts';

/** @returns undefined for a body that is sent as it is. @throws request_bad_encoding */
export function decoderOf(encoding: string | undefined): Transform | undefined {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return createUnzip();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new SlipwayError('request_bad_encoding', `content-encoding ${encoding!.slice(0, 50)} is not understood`);
  }
}
