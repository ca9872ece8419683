// Where other machines reach a platform on a plain host: addresses and certificate, read once at the start.
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { SlipwayError } from '../common/errors.ts';
import type { ListenFlags } from './flags.ts';

interface Tls {
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

export interface RemoteListener {
  readonly host: string;
  readonly port: number;
  /** An object with `tls`, or without. */
  readonly tls: Tls;
  readonly inference: { readonly host: string; readonly port: number } & Tls;
  /** The URL of the gateway that listens on `port`, as other machines know it. */
  readonly inferenceUrl: (port: number) => string;
}

/** @throws SlipwayError usage when a file cannot be read, or the key is not that of the certificate */
export async function remoteListener({ host, port, inferencePort, name, tls }: ListenFlags): Promise<RemoteListener> {
  const files: Tls = tls === undefined ? {} : { tls: { cert: await pem(tls.cert), key: await pem(tls.key) } };
  if (files.tls !== undefined) refuseUnfit(files.tls);
  const scheme = files.tls === undefined ? 'http' : 'https';
  return {
    host,
    port,
    tls: files,
    inference: { host, port: inferencePort, ...files },
    inferenceUrl: (actual) => `${scheme}://${name.includes(':') ? `[${name}]` : name}:${actual}`,
  };
}

async function pem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new SlipwayError('usage', `${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

function refuseUnfit(files: { readonly cert: Buffer; readonly key: Buffer }): void {
  try {
    createSecureContext(files);
  } catch (error) {
    throw new SlipwayError('usage', `The certificate and its key cannot be used: ${(error as Error).message}.`, {
      hint: 'Both are PEM files, and the key is the one that the certificate was made with.',
      cause: error,
    });
  }
}
