// A bucket of an S3-compatible store: objects put, read, listed and removed over signed requests. What passes is tried
// again. Addresses have the bucket in their path, which every such store takes.
import { createReadStream } from 'node:fs';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { AwsV4Signer } from 'aws4fetch';
import { sleep, type Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import { limitSilence } from '../../common/silence.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { errorIn, listingIn, uploadIdIn, type Listed } from './answers.ts';

export interface BucketOptions {
  /** Such as `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  /** An object that is larger is sent in parts of this size; default 256 MiB. A store takes 10,000 parts of at least 5 MiB. */
  readonly partBytes?: number;
}

/** From `start` on, so many bytes of a file. */
export interface FilePart {
  readonly file: string;
  readonly start: number;
  readonly bytes: number;
}

interface Wanted {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Buffer | FilePart;
  /** Of the body, in hex: the store refuses another one. Without it the body is not signed. */
  readonly sha256?: string;
}

const defaultPartBytes = 256 * 1024 * 1024;
const attempts = 4;
const firstPauseMs = 250;
const silenceMs = 60_000;
const maxTextBytes = 16 * 1024 * 1024;

export class Bucket {
  readonly #options: BucketOptions;

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** Stores a file; when it fits into one request, the store itself checks its digest. @param sha256 in hex */
  async putFile(key: string, file: string, bytes: number, sha256: string): Promise<void> {
    const { partBytes = defaultPartBytes } = this.#options;
    if (bytes <= partBytes) {
      await this.#text({ method: 'PUT', key, body: { file, start: 0, bytes }, sha256 });
      return;
    }
    const uploadId = uploadIdIn(await this.#text({ method: 'POST', key, query: { uploads: '' } }));
    try {
      const parts: string[] = [];
      for (let start = 0; start < bytes; start += partBytes) {
        const query = { partNumber: String(parts.length + 1), uploadId };
        const body = { file, start, bytes: Math.min(partBytes, bytes - start) };
        const answer = await this.#send({ method: 'PUT', key, query, body });
        await textOf(answer);
        parts.push(
          `<Part><PartNumber>${parts.length + 1}</PartNumber><ETag>${answer.headers.etag ?? ''}</ETag></Part>`,
        );
      }
      const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
      const told = await this.#text({ method: 'POST', key, query: { uploadId }, body });
      // It may say after a status of 200 that it did not work.
      if (errorIn(told) !== undefined) throw refused(200, told);
    } catch (error) {
      await this.#text({ method: 'DELETE', key, query: { uploadId } }).catch(() => undefined);
      throw error;
    }
  }

  async putText(key: string, text: string): Promise<void> {
    await this.#text({ method: 'PUT', key, body: Buffer.from(text) });
  }

  /** Undefined when there is no such object. */
  async open(key: string): Promise<{ readonly bytes: number; readonly body: IncomingMessage } | undefined> {
    const answer = await this.#send({ method: 'GET', key }).catch(noneIfAbsent);
    return answer && { bytes: Number(answer.headers['content-length'] ?? 0), body: answer };
  }

  async text(key: string): Promise<string | undefined> {
    return this.#text({ method: 'GET', key }).catch(noneIfAbsent);
  }

  async has(key: string): Promise<boolean> {
    const answer = await this.#send({ method: 'HEAD', key }).catch(noneIfAbsent);
    answer?.resume();
    return answer !== undefined;
  }

  /** @throws S3Error what is wrong with the bucket or the credentials, in the words of the store */
  async check(): Promise<void> {
    await this.#text({ method: 'GET', key: '', query: { 'list-type': '2', 'max-keys': '1' } });
  }

  /** All objects whose keys begin so. */
  async list(prefix: string): Promise<readonly Listed[]> {
    const found: Listed[] = [];
    let token: string | undefined;
    do {
      const query = { 'list-type': '2', prefix, ...(token === undefined ? {} : { 'continuation-token': token }) };
      const page = listingIn(await this.#text({ method: 'GET', key: '', query }));
      found.push(...page.items);
      token = page.next;
    } while (token !== undefined);
    return found;
  }

  async remove(key: string): Promise<void> {
    await this.#text({ method: 'DELETE', key });
  }

  async #text(wanted: Wanted): Promise<string> {
    return textOf(await this.#send(wanted));
  }

  /** The answer when its status is below 300. @throws S3Error; SlipwayError storage_unavailable after several attempts */
  async #send(wanted: Wanted): Promise<IncomingMessage> {
    const { clock, endpoint, credentials } = this.#options;
    let keys = await credentials.get();
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#once(wanted, keys);
        const status = answer.statusCode ?? 0;
        if (status < 300) return answer;
        throw refused(status, await textOf(answer));
      } catch (error) {
        if (error instanceof S3Error && error.isLasting) {
          if (!error.isOfKeys || attempt === attempts) throw error;
          credentials.forget();
          const before = keys;
          keys = await credentials.get();
          // They were changed meanwhile, or had come to their end.
          if (keys.accessKeyId === before.accessKeyId && keys.secretAccessKey === before.secretAccessKey) throw error;
          continue;
        }
        if (attempt < attempts) await sleep(clock, firstPauseMs * 2 ** (attempt - 1));
        else {
          const message = `${endpoint} does not answer as it should: ${(error as Error).message}.`;
          throw new SlipwayError('storage_unavailable', message, { cause: error });
        }
      }
    }
  }

  async #once({ method, key, query = {}, body, sha256 }: Wanted, keys: Credentials): Promise<IncomingMessage> {
    const { endpoint, bucket, region, clock } = this.#options;
    const url = new URL(`${endpoint.replace(/\/+$/, '')}/${bucket}/${key}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const signer = new AwsV4Signer({
      ...{ method, url: url.href, region, ...keys, service: 's3' },
      headers: { 'x-amz-content-sha256': sha256 ?? 'UNSIGNED-PAYLOAD' },
      datetime: new Date(clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    });
    const signed = await signer.sign();
    const bytes = body === undefined ? 0 : Buffer.isBuffer(body) ? body.length : body.bytes;
    const headers = { ...Object.fromEntries(signed.headers), 'content-length': String(bytes) };
    return new Promise((resolve, reject) => {
      const sent = (url.protocol === 'http:' ? plainRequest : request)(signed.url, { method, headers }, resolve);
      limitSilence(sent, silenceMs, () => sent.destroy(new Error(`silent for ${silenceMs / 1000} s`)));
      sent.on('error', reject);
      if (body === undefined || Buffer.isBuffer(body)) sent.end(body);
      else if (body.bytes === 0) sent.end();
      else {
        const part = createReadStream(body.file, { start: body.start, end: body.start + body.bytes - 1 });
        pipeline(part, sent).catch(reject);
      }
    });
  }
}

const keyCodes = new Set(['ExpiredToken', 'InvalidToken', 'InvalidAccessKeyId', 'SignatureDoesNotMatch']);

/** What the store itself said. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'S3Error';
    this.status = status;
    this.code = code;
  }

  /** The store does not know the keys, or not any more. The answer to a HEAD does not say. */
  get isOfKeys(): boolean {
    return [400, 401, 403].includes(this.status) && (this.code === '' || keyCodes.has(this.code));
  }

  /** Trying again does not mend it. */
  get isLasting(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 408 && this.status !== 429;
  }
}

function refused(status: number, text: string): S3Error {
  const { code = '', message = '' } = errorIn(text) ?? {};
  return new S3Error(
    status,
    code,
    `status ${status}${code && ` ${code}`}${message && `: ${message.slice(0, 300).replace(/\.$/, '')}`}`,
  );
}

function noneIfAbsent(error: unknown): undefined {
  // The answer to a HEAD names no code.
  if (error instanceof S3Error && error.status === 404 && ['NoSuchKey', ''].includes(error.code)) return undefined;
  throw error;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxTextBytes) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
