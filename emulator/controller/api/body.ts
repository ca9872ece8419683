// Bodies of requests: JSON of a bounded size that arrives in time, and archives that are passed on as they come.
import express, { type Request, type RequestHandler } from 'express';
import type { Operation } from '../../../schemas/operations.ts';
import type { Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';

export const maxJsonBytes = 1024 * 1024;

const archiveTypes = new Set(['application/octet-stream', 'application/x-tar']);

/**
 * Web pages can send forms without asking; they cannot send JSON. So a change of state needs that content type, with or
 * without a body.
 * @throws SlipwayError media_type_required
 */
export function checkMediaType(operation: Operation, contentType: string | undefined): void {
  if (operation.method === 'get' || operation.method === 'head') return;
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (operation.binary === true ? archiveTypes.has(type) : type === 'application/json') return;
  const wanted = operation.binary === true ? 'application/octet-stream' : 'application/json';
  throw new SlipwayError('media_type_required', `Expected content-type ${wanted}, found "${contentType ?? ''}".`, {
    hint: `Send content-type: ${wanted}.`,
  });
}

/** Reads a JSON body into `request.body`. */
export function jsonBody(options: { readonly clock: Clock; readonly timeoutMs: number }): RequestHandler {
  const parse: RequestHandler = express.json({ limit: maxJsonBytes, inflate: false, strict: false, type: () => true });
  return (request, response, next) => {
    let over = false;
    const done = (error?: unknown): void => {
      if (over) return;
      over = true;
      timer.cancel();
      next(error);
    };
    const timer = options.clock.after(options.timeoutMs, () => {
      done(new SlipwayError('request_timeout', `The body did not arrive within ${options.timeoutMs} ms.`));
    });
    parse(request, response, (error?: unknown) => done(error === undefined ? undefined : bodyError(error)));
  };
}

/** What the parser says, in our codes. */
function bodyError(error: unknown): SlipwayError {
  const { type, message } = error as { readonly type?: string; readonly message: string };
  const detail = { cause: error };
  switch (type) {
    case 'entity.too.large':
      return new SlipwayError('request_too_large', `The body is larger than ${maxJsonBytes} bytes.`, {
        ...detail,
        hint: 'Bodies of the control API are small; archives go to /api/v1/bundles.',
      });
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new SlipwayError('request_bad_encoding', `The body's encoding is not understood: ${message}.`, detail);
    case 'request.aborted':
      return new SlipwayError('cancelled', 'The client went away.', detail);
    default:
      return new SlipwayError('api_invalid', `The body is not JSON: ${message}.`, detail);
  }
}

/**
 * Lets the rest of an upload come in and be forgotten, for a little while: a client that is cut off in the middle of
 * sending may never see why.
 */
export async function discardRest(request: Request, clock: Clock): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = clock.after(lingerMs, resolve);
    const finish = (): void => {
      timer.cancel();
      resolve();
    };
    request.once('end', finish).once('close', finish).once('error', finish);
    request.resume();
  });
}

const lingerMs = 2_000;
