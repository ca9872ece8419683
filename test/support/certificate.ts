// A self-signed certificate for names of this machine, made with openssl.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Tls } from '../../emulator/cluster/certificate.ts';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** @param names subject alternative names, such as `IP:127.0.0.1` */
export async function makeCertificate(folder: string, names = 'DNS:localhost,IP:127.0.0.1'): Promise<Certificate> {
  const certFile = join(folder, 'tls.crt');
  const keyFile = join(folder, 'tls.key');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=slipway-test', '-addext', `subjectAltName=${names}`, '-keyout', keyFile, '-out', certFile],
  ]);
  return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}

/** One that is not renewed, as servers of a cluster have it. */
export function lasting(tls: Tls): { readonly tls: Tls; readonly follow: () => () => void } {
  return { tls, follow: () => () => undefined };
}
