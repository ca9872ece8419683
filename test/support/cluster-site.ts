// Slipway installed in a test cluster as a user installs it, and used from a home folder as a user uses it.
import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { remoteClient, Remotes } from '../../emulator/client/remotes.ts';
import { homeAt } from '../../emulator/common/home.ts';
import { ports } from '../../emulator/cluster/ports.ts';
import { labels, paths } from '../../emulator/engine/kubernetes/names.ts';
import { Pod } from '../../schemas/cluster.ts';
import type { KubeApi } from '../../emulator/engine/kubernetes/api.ts';
import { makeCertificate } from './certificate.ts';
import { slipwayJson } from './command-line.ts';
import type { TestCluster } from './kubernetes-cluster.ts';
import type { TestImages } from './kubernetes-images.ts';
import type { Place } from './steady-load.ts';
import { until } from './waiting.ts';

const namespace = 'slipway';
const user = 65532;
const runAttempts = 20;
const lookMs = 100;

export class ClusterSite {
  readonly cluster: TestCluster;
  readonly folder: string;
  readonly images: TestImages;
  /** Host and port of the gateways on each node. */
  inference: readonly Place[] = [];

  #gatewayCount = 0;
  /** Options of what is installed now. */
  #installed: string | undefined;

  constructor(cluster: TestCluster, folder: string, images: TestImages) {
    this.cluster = cluster;
    this.folder = folder;
    this.images = images;
  }

  /** Resolves when controllers, gateways and bundle store are ready, and `prod` is a remote with a token. */
  async install(gateways: number): Promise<void> {
    const { cluster, folder } = this;
    const hosts = ['10.90.0.11', '10.90.0.12'];
    await makeCertificate(folder, hosts.map((host) => `IP:${host}`).join(','));
    const volume = join(cluster.home, 'bundles');
    await mkdir(volume, { recursive: true });
    await chown(volume, user, user);
    await this.#apply({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'slipway-bundles' },
      spec: { capacity: { storage: '20Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: volume } },
    });
    const secrets = ['--tls-cert', 'tls.crt', '--tls-key', 'tls.key', '--token-file', 'admin.token'];
    await this.#apply(await this.run('cluster', 'secrets', ...secrets));
    this.#gatewayCount = gateways;
    await this.use();
    const control = await this.#nodePort('slipway-controller');
    const port = await this.#nodePort('slipway-gateway');
    this.inference = hosts.map((host) => ({ host, port }));
    const url = `https://${hosts[0]}:${control}`;
    await this.run('remote', 'add', 'prod', url, '--ca', 'tls.crt', '--inference', `http://${hosts[0]}:${port}`);
    const stdin = await readFile(join(folder, 'admin.token'), 'utf8');
    await until(async () => {
      return slipwayJson(['login', 'prod'], { ...this.#options, stdin }).then(
        () => true,
        () => false,
      );
    }, 60_000);
  }

  /**
   * Applies what `slipway cluster manifests` prints, and waits until it runs and nothing of the one before answers; when it
   * is what is installed, there is nothing to do. @param more options of the command, none is the usual installation
   */
  async use(...more: string[]): Promise<void> {
    if (this.#installed === more.join(' ')) return;
    this.#installed = undefined;
    await this.#applyManifests(more);
    this.#installed = more.join(' ');
  }

  async #applyManifests(more: readonly string[]): Promise<void> {
    const { images } = this;
    const manifests = await this.run(
      ...['cluster', 'manifests', '--platform-image', images.platform, '--replica-image', images.replica],
      ...['--pull-policy', 'Never', '--service-type', 'NodePort', '--gateways', String(this.#gatewayCount)],
      ...['--lost-after', '2', ...more],
    );
    await this.#apply(manifests);
    for (const name of ['bundles', 'controller', 'gateway']) {
      await this.kubectl('rollout', 'status', `deployment/slipway-${name}`, '--timeout', '180s');
    }
    // Those before still answer while they end.
    const isEnding = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
    await this.until(async () => !(await this.pods('controller')).some(isEnding));
  }

  /** One command of `slipway`, and the JSON that it prints. */
  async run(...words: string[]): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await slipwayJson(words, this.#options);
      } catch (error) {
        // A controller hands over now and then on a slow machine; what may be repeated is.
        const passing = (error as Error).message.includes('platform_unreachable') && words[0] !== 'deploy';
        if (!passing || attempt === runAttempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  /** The client of the remote `prod`, as the command line has it. */
  async withClient<T>(use: (client: SlipwayClient) => Promise<T>): Promise<T> {
    const remotes = new Remotes(homeAt(join(this.folder, 'home')));
    const client = remoteClient(await remotes.get('prod'), await remotes.token('prod'));
    return use(client).finally(() => client.close());
  }

  kubectl(...words: string[]): Promise<string> {
    return this.cluster.kubectl(['-n', namespace, ...words]);
  }

  apply(object: object): Promise<void> {
    return this.#apply(object);
  }

  /** Like `until`, for what is asked of the cluster: looking all the time would keep it from coming about. */
  async until(holds: () => Promise<boolean>, limitMs = 120_000): Promise<void> {
    await until(async () => {
      const isSo = await holds();
      if (!isSo) await new Promise((resolve) => setTimeout(resolve, lookMs));
      return isSo;
    }, limitMs);
  }

  /** Pods of a part: replica, gateway, controller or bundles. */
  async pods(part: string, more = ''): Promise<Pod[]> {
    const query = { labelSelector: `${labels.part}=${part}${more}` };
    const found = await this.#api().send({ method: 'GET', path: paths(namespace).pods, query });
    return (found as { items: unknown[] }).items.map((item) => Pod.parse(item));
  }

  /** The replicas of a task that may have traffic now. */
  readyReplicas(task: string): Promise<Pod[]> {
    return this.readyPods('replica', `,${labels.task}=${task}`);
  }

  /** The custom resource of a task; undefined when there is none. */
  task(name: string): Promise<unknown> {
    return this.#api().get(`${paths(namespace).tasks}/${name}`);
  }

  /** Pods that may have traffic now. */
  async readyPods(part: string, more = ''): Promise<Pod[]> {
    return (await this.pods(part, more)).filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    );
  }

  /** One is on each node again, as at the beginning: what lost a node leaves them on the other one until pods are placed there. */
  async spreadGateways(): Promise<void> {
    await this.until(async () => {
      const pods = await this.readyPods('gateway');
      if (pods.length !== this.#gatewayCount) return false;
      if (new Set(pods.map(({ spec }) => spec.nodeName)).size > 1) return true;
      await this.kubectl('delete', 'pod', pods[0]!.metadata.name);
      return false;
    });
  }

  /** The gateways themselves, without the Service before them. */
  async gateways(): Promise<Place[]> {
    return (await this.readyPods('gateway')).map(({ status }) => ({ host: status.podIP!, port: ports.inference }));
  }

  #api(): KubeApi {
    return this.cluster.api(namespace);
  }

  async #nodePort(service: string): Promise<number> {
    return Number(await this.kubectl('get', 'service', service, '-o', 'jsonpath={.spec.ports[0].nodePort}'));
  }

  async #apply(object: unknown): Promise<void> {
    await this.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(object));
  }

  get #options(): { home: string; cwd: string } {
    return { home: join(this.folder, 'home'), cwd: this.folder };
  }
}
