// Headers on the way through to a service that is a server itself, and back. Pure.
import type { IncomingMessage } from 'node:http';

/** RFC 9110, 7.6.1: about one connection, not about the message. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Answered or decided by the gateway. */
const ownOfRequests = new Set(['expect', 'x-slipway-request', 'x-slipway-timeout-ms', 'http2-settings']);
const ownOfAnswers = new Set(['x-slipway-request', 'x-slipway-version', 'x-slipway-replica']);

/** Name, value, name, value …, as Node takes them. */
export type RawHeaders = string[];

export interface Forwarded {
  readonly id: string;
  /** What was taken off the front of the path. */
  readonly prefix: string;
}

/** The request's headers for the service. `Host` stays what the client wrote. */
export function requestHeaders(request: IncomingMessage, { id, prefix }: Forwarded): RawHeaders {
  const { headers, socket } = request;
  const kept = keep(request, ownOfRequests, (name) => name.startsWith('x-forwarded-for'));
  const before = headers['x-forwarded-for'];
  const chain = [
    ...(Array.isArray(before) ? before : before === undefined ? [] : [before]),
    socket.remoteAddress ?? '',
  ];
  kept.push('x-forwarded-for', chain.join(', '), 'x-forwarded-prefix', prefix, 'x-slipway-request', id);
  if (headers['x-forwarded-proto'] === undefined)
    kept.push('x-forwarded-proto', 'encrypted' in socket ? 'https' : 'http');
  if (headers['x-forwarded-host'] === undefined && headers.host !== undefined) {
    kept.push('x-forwarded-host', headers.host);
  }
  if (headers['transfer-encoding'] !== undefined) kept.push('transfer-encoding', 'chunked');
  return kept;
}

/** The answer's headers for the client. */
export function answerHeaders(answer: IncomingMessage, own: RawHeaders): RawHeaders {
  return [...keep(answer, ownOfAnswers, () => false), ...own];
}

function keep(message: IncomingMessage, own: ReadonlySet<string>, drops: (name: string) => boolean): RawHeaders {
  const { rawHeaders, headers } = message;
  const connection = (headers.connection ?? '').toLowerCase();
  const named =
    connection === '' || connection === 'keep-alive' ? [] : connection.split(',').map((name) => name.trim());
  const kept: RawHeaders = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (hopByHop.has(name) || own.has(name) || named.includes(name) || drops(name)) continue;
    kept.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  return kept;
}
