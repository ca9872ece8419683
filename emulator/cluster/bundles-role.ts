// The process that keeps the bundles of a cluster, on its volume.
import { join } from 'node:path';
import { Uploads } from '../bundle/uploads.ts';
import { systemClock } from '../common/clock.ts';
import { Closer, type Closeable } from '../common/closing.ts';
import { BundleArchives } from './bundle-archives.ts';
import { BundleServer } from './bundle-server.ts';
import { Health } from './health.ts';
import type { RoleParts } from './role-parts.ts';
import { ports } from './ports.ts';

export class BundlesRole implements Closeable {
  readonly #parts: RoleParts;
  readonly #closer = new Closer();

  constructor(parts: RoleParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { settings, tls, secrets, log } = this.#parts;
    const health = this.#closer.add(new Health());
    await health.start();
    const archives = new BundleArchives({ root: settings.SLIPWAY_DATA, log });
    await archives.start();
    const uploads = new Uploads({ root: join(settings.SLIPWAY_DATA, 'uploads'), target: archives, clock: systemClock });
    await uploads.start();
    const place = { host: '0.0.0.0', port: ports.bundles };
    const server = new BundleServer({ archives, uploads, secrets, tls, ...place, clock: systemClock, log });
    this.#closer.add(server);
    await server.listen();
    health.ready = true;
  }

  close(): Promise<void> {
    return this.#closer.close();
  }
}
