// A store of the bundles of a cluster as its process runs it, and what talks to it.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archives } from '../../emulator/bundle/archives.ts';
import { packFolder, type PackedBundle } from '../../emulator/bundle/pack.ts';
import { Uploads, type UploadState } from '../../emulator/bundle/uploads.ts';
import { BundleClient } from '../../emulator/cluster/bundle-client.ts';
import { BundleServer } from '../../emulator/cluster/bundle-server.ts';
import { Inside } from '../../emulator/cluster/inside.ts';
import { systemClock } from '../../emulator/common/clock.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import { ClusterSecrets, ticketHeader } from '../../emulator/engine/kubernetes/secrets.ts';
import type { BundleDigest } from '../../schemas/ids.ts';
import { lasting, makeCertificate, type Certificate } from './certificate.ts';
import { freePorts } from './free-ports.ts';
import { writeService } from './service-folder.ts';
import { until } from './waiting.ts';

export interface StoreUnderTest {
  readonly name: string;
  /** An empty store, for which `folder` is free. */
  readonly open: (folder: string) => Promise<Archives>;
  /** Names of all that it keeps at present, in their order. */
  readonly kept: () => Promise<readonly string[]>;
  /** Whether large files that it has need not be sent again. */
  readonly reuses: boolean;
}

export class BundleStoreBench {
  readonly folder: string;
  readonly secrets = new ClusterSecrets('7'.repeat(64));
  readonly client: BundleClient;
  readonly #cert: Certificate;
  readonly #url: string;
  readonly #open: Inside[] = [];

  private constructor(folder: string, cert: Certificate, url: string) {
    this.folder = folder;
    this.#cert = cert;
    this.#url = url;
    this.client = this.clientWith(`Bearer ${this.secrets.internal()}`);
  }

  static async with(
    folder: string,
    under: StoreUnderTest,
    use: (bench: BundleStoreBench) => Promise<void>,
  ): Promise<void> {
    const cert = await makeCertificate(folder);
    const [port] = await freePorts(1);
    const archives = await under.open(join(folder, 'store'));
    await archives.start();
    const uploads = new Uploads({ root: join(folder, 'uploads'), target: archives, clock: systemClock });
    await mkdir(join(folder, 'uploads'));
    const bench = new BundleStoreBench(folder, cert, `https://127.0.0.1:${port}`);
    const place = { host: '127.0.0.1', port: port! };
    const server = new BundleServer({
      ...{
        archives,
        uploads,
        secrets: bench.secrets,
        certificate: lasting(cert),
        ...place,
        clock: systemClock,
        log: silentLogger,
      },
    });
    await server.listen();
    try {
      await use(bench);
    } finally {
      for (const inside of bench.#open) await inside.close();
      await server.close();
    }
  }

  /** A service of this name as an archive. */
  async pack(
    name: string,
    files: Record<string, string | Buffer> = {},
  ): Promise<{ digest: BundleDigest; bytes: number; archive: Buffer; large: PackedBundle['large'] }> {
    const packed = await packFolder(await writeService(join(this.folder, name), { name }, files));
    const chunks: Buffer[] = [];
    for await (const chunk of packed.open() as AsyncIterable<Buffer>) chunks.push(chunk);
    const { digest, bytes, large } = packed;
    return { digest, bytes, archive: Buffer.concat(chunks), large };
  }

  clientWith(authorization: string): BundleClient {
    return new BundleClient(this.#inside(authorization));
  }

  /** Like the pod of a version. */
  async fetch(digest: BundleDigest, ticket: string | undefined): Promise<Buffer> {
    const headers = ticket === undefined ? {} : { [ticketHeader]: ticket };
    const answer = await this.#inside('').open({ method: 'GET', path: `/bundles/${digest}`, headers });
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Resolves when at least so many bytes of an upload are here and nothing more arrives of it. */
  async whenHere(digest: BundleDigest, bytes: number): Promise<UploadState> {
    let state = await this.client.state(digest);
    await until(async () => {
      const before = state.received;
      state = await this.client.state(digest);
      return state.received >= bytes && state.received === before;
    });
    return state;
  }

  /** Parts of uploads. */
  left(): Promise<readonly string[]> {
    return readdir(join(this.folder, 'uploads'));
  }

  #inside(authorization: string): Inside {
    const inside = new Inside({ url: this.#url, trusted: [this.#cert.cert], authorization });
    this.#open.push(inside);
    return inside;
  }
}
