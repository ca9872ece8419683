// The process that keeps the bundles of a cluster, on its volume or in a bucket.
import { join } from 'node:path';
import type { Archives } from '../bundle/archives.ts';
import { Uploads } from '../bundle/uploads.ts';
import { systemClock } from '../common/clock.ts';
import { Closer, type Closeable } from '../common/closing.ts';
import type { Logger } from '../common/log.ts';
import { BundleArchives } from './bundle-archives.ts';
import { BundleServer } from './bundle-server.ts';
import { Health } from './health.ts';
import type { RoleParts } from './role-parts.ts';
import { anyAddress, type Settings } from './settings.ts';
import { S3Archives } from './s3/archives.ts';
import { Bucket } from './s3/bucket.ts';
import { credentialsFrom } from './s3/credentials.ts';
import { ports } from './ports.ts';

export class BundlesRole implements Closeable {
  readonly #parts: RoleParts;
  readonly #closer = new Closer();

  constructor(parts: RoleParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { settings, certificate, secrets, log } = this.#parts;
    const health = this.#closer.add(new Health());
    const host = anyAddress(settings);
    await health.start(host);
    const archives = archivesOf(settings, log);
    await archives.start();
    const uploads = new Uploads({ root: join(settings.SLIPWAY_DATA, 'uploads'), target: archives, clock: systemClock });
    await uploads.start();
    const place = { host, port: ports.bundles };
    const server = new BundleServer({ archives, uploads, secrets, certificate, ...place, clock: systemClock, log });
    this.#closer.add(server);
    await server.listen();
    health.ready = true;
  }

  close(): Promise<void> {
    return this.#closer.close();
  }
}

function archivesOf(settings: Settings, log: Logger): Archives {
  const { SLIPWAY_DATA: root, SLIPWAY_S3_BUCKET: name } = settings;
  if (name === undefined) return new BundleArchives({ root, log });
  const bucket = new Bucket({
    bucket: name,
    endpoint: settings.SLIPWAY_S3_ENDPOINT,
    region: settings.SLIPWAY_S3_REGION,
    credentials: credentialsFrom(settings, systemClock),
    clock: systemClock,
  });
  return new S3Archives({ bucket, scratch: join(root, 'scratch'), log });
}
