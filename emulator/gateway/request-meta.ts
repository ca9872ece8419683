// What a service learns of a request besides its body: the id and the headers, as text that the worker parses when asked.
import type { IncomingHttpHeaders } from 'node:http';

/** About the connection or the gateway, not about the request; a body that was compressed is not so any more. */
const dropped = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-slipway-request',
  'x-slipway-timeout-ms',
]);

/** See schemas/frames.ts: the id, then a line a header. Node has refused line ends and non-latin1 in values already. */
export function requestMeta(id: string, headers: IncomingHttpHeaders): string {
  let meta = id;
  for (const name in headers) {
    if (dropped.has(name)) continue;
    const value = headers[name];
    meta += `\n${name}: ${typeof value === 'string' ? value : (value ?? []).join(', ')}`;
  }
  return meta;
}

const acceptable = /^[\w.:-]{1,64}$/;

/** Ids of one gateway: the client's own where it sent a decent one, else unique by prefix and count. */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  /** @param prefix unique to this gateway's life. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  idFor(headers: IncomingHttpHeaders): string {
    const given = headers['x-slipway-request'] ?? headers['x-request-id'];
    if (typeof given === 'string' && acceptable.test(given)) return given;
    this.#count++;
    return `${this.#prefix}-${this.#count.toString(36)}`;
  }
}
