// The certificate of an installation, as its secret has it now. It is renewed while processes run, at some of them a
// minute before others: those that call trust the one before it too, those that are called show the new one at once.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { currentFolder } from '../common/mounted-secret.ts';

export interface Tls {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Of the mounted secret `slipway-tls`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const lookMs = 10_000;

export class Certificate implements Closeable {
  readonly #options: CertificateOptions;
  readonly #listeners = new Set<() => void>();
  #tls: Tls;
  #before: string | undefined;
  #timer: Timer | undefined;

  /** @throws SlipwayError tls_required */
  constructor(options: CertificateOptions) {
    this.#options = options;
    this.#tls = tlsIn(options.folder);
    this.#again();
  }

  get tls(): Tls {
    return this.#tls;
  }

  /** What the other processes of the installation may show. */
  get trusted(): readonly string[] {
    return [this.#tls.cert, ...(this.#before === undefined ? [] : [this.#before])];
  }

  /** Tells of each renewal. @returns a function that ends that */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#timer?.cancel();
    return Promise.resolve();
  }

  #again(): void {
    this.#timer = this.#options.clock.after(lookMs, () => {
      this.#look();
      this.#again();
    });
  }

  #look(): void {
    const { folder, log } = this.#options;
    try {
      const now = tlsIn(folder);
      if (now.cert === this.#tls.cert && now.key === this.#tls.key) return;
      // Refused here, and not by every server; nothing at all would be taken for a certificate.
      new X509Certificate(now.cert);
      createSecureContext(now);
      this.#before = this.#tls.cert;
      this.#tls = now;
    } catch (error) {
      log.error('the certificate stays as it was', { error: (error as Error).message });
      return;
    }
    log.info('the certificate was renewed');
    for (const listener of [...this.#listeners]) listener();
  }
}

function tlsIn(mounted: string): Tls {
  try {
    const folder = currentFolder(mounted);
    return { cert: readFileSync(join(folder, 'tls.crt'), 'utf8'), key: readFileSync(join(folder, 'tls.key'), 'utf8') };
  } catch (error) {
    throw new SlipwayError('tls_required', `There is no certificate in ${mounted}.`, {
      hint: 'Make the secret: kubectl create secret tls slipway-tls --cert FILE --key FILE',
      cause: error,
    });
  }
}
