// The body of an answer that tells an error, in the form of the protocol that the client speaks.
import { ErrorBody, type ProtocolErrorBody, type Reason } from '../../schemas/errors.ts';
import { SlipwayError } from '../common/errors.ts';

/** `v2`: the Open Inference Protocol. */
export type Protocol = 'raw' | 'v2';

/** The protocol that a client speaks who asks for `url`. */
export function protocolOf(url: string | undefined): Protocol {
  return /^\/v2(?:[/?]|$)/.test(url ?? '') ? 'v2' : 'raw';
}

/** @param requestId undefined where the request got none */
export function errorBody(reason: Reason, protocol: Protocol, requestId?: string): Buffer {
  const id = requestId === undefined ? {} : { requestId };
  if (protocol === 'raw') return Buffer.from(JSON.stringify({ error: reason, ...id } satisfies ErrorBody));
  const { code, message, hint, traceback } = reason;
  // Its clients show the text and nothing else.
  const error = hint === undefined ? message : `${message.replace(/[.:]?$/, '.')} ${hint}`;
  const body: ProtocolErrorBody = { error, code, ...(traceback === undefined ? {} : { traceback }), ...id };
  return Buffer.from(JSON.stringify(body));
}

/** What a worker says of an item that failed. */
export function reasonOf(body: Buffer): Reason {
  try {
    return ErrorBody.parse(JSON.parse(body.toString('utf8'))).error;
  } catch {
    return new SlipwayError('service_raised', 'the service failed').toReason();
  }
}
