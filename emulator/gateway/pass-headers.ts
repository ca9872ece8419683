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
const ownOfRequests = new Set([
  'expect',
  'http2-settings',
  'x-forwarded-for',
  'x-slipway-request',
  'x-slipway-timeout-ms',
]);
const ownOfAnswers = new Set(['x-slipway-request', 'x-slipway-version', 'x-slipway-replica']);

/** Name, value, name, value …, as Node takes them. */
export type RawHeaders = string[];

export interface Forwarded {
  readonly id: string;
  /** What was taken off the front of the path. */
  readonly prefix: string;
}

/** The request's headers for the service. `Host` stays what the client wrote; how the body is framed is the sender's matter. */
export function requestHeaders(request: IncomingMessage, { id, prefix }: Forwarded): RawHeaders {
  const { headers, socket } = request;
  const kept = keep(request.rawHeaders, headers.connection, ownOfRequests);
  const before = headers['x-forwarded-for'];
  const remote = socket.remoteAddress ?? '';
  const chain = before === undefined ? remote : [before, remote].flat().join(', ');
  kept.push('x-forwarded-for', chain, 'x-forwarded-prefix', prefix, 'x-slipway-request', id);
  if (headers['x-forwarded-proto'] === undefined)
    kept.push('x-forwarded-proto', 'encrypted' in socket ? 'https' : 'http');
  if (headers['x-forwarded-host'] === undefined && headers.host !== undefined) {
    kept.push('x-forwarded-host', headers.host);
  }
  return kept;
}

export interface AnswerHead {
  readonly headers: RawHeaders;
  /** Bytes of the body, where the service says. */
  readonly length: number | undefined;
  /** Server-sent events: they last for as long as their reader stays. */
  readonly isEvents: boolean;
}

/** Of whom the answer is, in the eyes of the client. */
export interface Asked {
  /** What was taken off the front of the path. */
  readonly prefix: string;
  /** The value of Host. */
  readonly host: string | undefined;
}

/** The answer's headers for the client. @param raw name, value, name, value …, in Latin-1 */
export function answerHead(raw: readonly Buffer[], own: RawHeaders, asked: Asked): AnswerHead {
  const text = raw.map((part) => part.toString('latin1'));
  for (let i = 0; i < text.length; i += 2) {
    if (text[i]!.toLowerCase() === 'location') text[i + 1] = locationFor(text[i + 1]!, asked);
  }
  const valueOf = (wanted: string): string | undefined => {
    for (let i = 0; i < text.length; i += 2) if (text[i]!.toLowerCase() === wanted) return text[i + 1];
    return undefined;
  };
  const headers = keep(text, valueOf('connection'), ownOfAnswers);
  for (const part of own) headers.push(part);
  const length = valueOf('content-length');
  return {
    headers,
    length: length === undefined ? undefined : Number(length),
    isEvents: valueOf('content-type')?.startsWith('text/event-stream') === true,
  };
}

function keep(raw: readonly string[], connection: string | undefined, own: ReadonlySet<string>): RawHeaders {
  const options = connection === undefined ? '' : connection.toLowerCase();
  const named = options === '' || options === 'keep-alive' ? [] : options.split(',').map((name) => name.trim());
  const kept: RawHeaders = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (hopByHop.has(name) || own.has(name) || named.includes(name)) continue;
    kept.push(raw[i]!, raw[i + 1]!);
  }
  return kept;
}

/** Where a redirect leads: a path of the service, of which it does not know the front, is one below its task. */
function locationFor(location: string, { prefix, host }: Asked): string {
  const origin = /^https?:\/\/([^/?#]*)/i.exec(location);
  if (origin !== null && origin[1] !== host) return location;
  const path = location.slice(origin?.[0].length ?? 0);
  const isLocal = origin === null ? /^\/(?!\/)/.test(path) : path === '' || path.startsWith('/');
  const knows = path === prefix || [`${prefix}/`, `${prefix}?`].some((start) => path.startsWith(start));
  return isLocal && !knows ? `${origin?.[0] ?? ''}${prefix}${path}` : location;
}
