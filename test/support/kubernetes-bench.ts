// A Kubernetes engine of a test's own, in a namespace of its own, with a store of bundles that runs in the test itself.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveEnd, encodeEntry, paddingAfter } from '../../emulator/bundle/archive.ts';
import { Uploads } from '../../emulator/bundle/uploads.ts';
import { BundleArchives } from '../../emulator/cluster/bundle-archives.ts';
import { BundleServer } from '../../emulator/cluster/bundle-server.ts';
import { namespaceObject } from '../../emulator/cluster/manifests/objects.ts';
import { ports } from '../../emulator/cluster/ports.ts';
import { systemClock } from '../../emulator/common/clock.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import { KubernetesEngine } from '../../emulator/engine/kubernetes/kubernetes-engine.ts';
import { labels, paths } from '../../emulator/engine/kubernetes/names.ts';
import type { WorkloadSettings } from '../../emulator/engine/kubernetes/workload.ts';
import { ClusterSecrets } from '../../emulator/engine/kubernetes/secrets.ts';
import { BundleDigest } from '../../schemas/ids.ts';
import { lasting } from './certificate.ts';
import type { ClusterSite } from './cluster-site.ts';
import { EngineBench, type BundleFiles } from './engine-bench.ts';

const namespace = 'slipway-engine';
/** The address at which pods reach this machine. */
const host = '10.90.0.1';

export class KubernetesBenches {
  readonly #site: ClusterSite;
  readonly #root: string;
  readonly #secrets = new ClusterSecrets('5'.repeat(64));
  #server: BundleServer | undefined;

  constructor(site: ClusterSite) {
    this.#site = site;
    this.#root = join(site.folder, 'engine-bundles');
  }

  /** Namespace and store of bundles; once for all benches. */
  async start(): Promise<void> {
    const tls = { cert: this.#file('tls.crt'), key: this.#file('tls.key') };
    const log = silentLogger;
    const archives = new BundleArchives({ root: this.#root, log });
    await archives.start();
    const uploads = new Uploads({ root: join(this.#root, 'uploads'), target: archives, clock: systemClock });
    const secrets = this.#secrets;
    this.#server = new BundleServer({
      ...{ archives, uploads, secrets, certificate: lasting(tls), host, port: ports.bundles, clock: systemClock, log },
    });
    await this.#server.listen();
    const metadata = { name: 'slipway-bundles', namespace };
    const port = { name: 'bundles', port: ports.bundles, protocol: 'TCP' };
    for (const object of [
      namespaceObject(namespace),
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'slipway-tls', namespace },
        type: 'kubernetes.io/tls',
        stringData: { 'tls.crt': tls.cert, 'tls.key': tls.key },
      },
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [port] } },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [host] }],
        ports: [port],
      },
    ]) {
      await this.#site.apply(object);
    }
  }

  /** @param changes of the settings of the engine */
  bench(changes: Partial<WorkloadSettings> = {}): Promise<EngineBench> {
    const { platform, replica } = this.#site.images;
    const make = (): KubernetesEngine =>
      new KubernetesEngine({
        api: this.#site.cluster.api(namespace),
        secrets: this.#secrets,
        ownerOf: () => undefined,
        clock: systemClock,
        log: silentLogger,
        settings: {
          namespace,
          platformImage: platform,
          replicaImage: replica,
          pullPolicy: 'Never',
          python: 'python3',
          lostAfterSeconds: 5,
          gpuResource: 'nvidia.com/gpu',
          ...changes,
        },
      });
    const options = {
      patienceMs: 120_000,
      resources: { cpu: 0.25 },
      keep: (files: BundleFiles) => this.#keep(files),
      closed: () => this.#empty(),
    };
    return EngineBench.start(options, make);
  }

  /** As an administrator of the namespace. */
  kubectl(...words: string[]): Promise<string> {
    return this.#site.cluster.kubectl(['-n', namespace, ...words]);
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.#site.cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  }

  /** Nothing of the test before is left for the next one. */
  async #empty(): Promise<void> {
    const api = this.#site.cluster.api(namespace);
    const { deployments, secrets, budgets, pods } = paths(namespace);
    const query = { labelSelector: `${labels.part}=replica`, propagationPolicy: 'Background' };
    for (const path of [deployments, budgets, secrets]) await api.send({ method: 'DELETE', path, query });
    await this.#site.until(async () => {
      await api.send({ method: 'DELETE', path: pods, query: { gracePeriodSeconds: '0' } });
      const left = (await api.send({ method: 'GET', path: pods })) as { items: unknown[] };
      return left.items.length === 0;
    });
  }

  #keep(files: BundleFiles): BundleDigest {
    const parts = Object.entries(files)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([path, content]) => {
        const body = Buffer.from(content);
        const head = encodeEntry({ path, bytes: body.length, executable: false });
        return [head, body, Buffer.alloc(paddingAfter(body.length))];
      });
    const archive = Buffer.concat([...parts, archiveEnd]);
    const hex = createHash('sha256').update(archive).digest('hex');
    mkdirSync(join(this.#root, 'archives'), { recursive: true });
    writeFileSync(join(this.#root, 'archives', `${hex}.tar`), archive);
    return BundleDigest.parse(`sha256:${hex}`);
  }

  #file(name: string): string {
    return readFileSync(join(this.#site.folder, name), 'utf8');
  }
}
