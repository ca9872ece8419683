// A real Kubernetes of a test's own: API server, controllers, scheduler, and nodes in network namespaces. The binary
// with all components is built from Go modules once, and kept in .build.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { packageRoot } from '../../emulator/common/assets.ts';
import { systemClock } from '../../emulator/common/clock.ts';
import { KubeApi } from '../../emulator/engine/kubernetes/api.ts';

const execute = promisify(execFile);
const NodeObject = z.object({
  spec: z.object({ taints: z.array(z.unknown()).default([]), unschedulable: z.boolean().default(false) }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});
type NodeObject = z.infer<typeof NodeObject>;
const scripts = join(packageRoot, 'test', 'support', 'kubernetes');
const folder = join(packageRoot, '.build', 'kubernetes');
const tools = ['etcd', 'containerd', 'runc', 'iptables', 'ip', 'conntrack', 'openssl', 'curl', 'debootstrap'];

/** What this machine lacks for a cluster; undefined when nothing. In CI what can be installed is installed. */
export async function clusterLacks(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'nodes are network namespaces of Linux';
  if (process.getuid?.() !== 0) return 'nodes are started as root';
  const lacking = await missingTools();
  if (lacking === undefined || process.env['CI'] === undefined) return lacking;
  await execute('bash', [join(scripts, 'tools')], { maxBuffer: 1 << 26 }).catch(() => undefined);
  return missingTools();
}

async function missingTools(): Promise<string | undefined> {
  const missing: string[] = [];
  for (const tool of tools) await execute('which', [tool]).catch(() => missing.push(tool));
  if (!existsSync('/usr/lib/cni/bridge')) missing.push('containernetworking-plugins');
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

export class TestCluster {
  readonly home: string;
  readonly #kube: string;

  private constructor(home: string, kube: string) {
    this.home = home;
    this.#kube = kube;
  }

  /** Builds what is not built yet, and starts. @param images archives that every node imports */
  static async start(nodes: number, images: readonly string[]): Promise<TestCluster> {
    await mkdir(folder, { recursive: true });
    const kube = join(folder, 'kube');
    if (!existsSync(kube)) await execute('bash', [join(scripts, 'build'), kube], { maxBuffer: 1 << 28 });
    const cluster = new TestCluster(join(folder, 'home'), kube);
    // What a killed run left.
    await cluster.stop();
    await execute('bash', [join(scripts, 'up'), cluster.home, kube, String(nodes), ...images], { maxBuffer: 1 << 26 });
    return cluster;
  }

  /** Every node has what is in the archive. */
  async importImages(archive: string): Promise<void> {
    const nodes = (await readdir('/run')).filter((name) => /^node\d+$/.test(name));
    for (const node of nodes) {
      await execute('ctr', ['-a', `/run/${node}/containerd.sock`, '-n', 'k8s.io', 'images', 'import', archive]);
    }
  }

  async stop(): Promise<void> {
    await execute('bash', [join(scripts, 'down'), this.home]).catch(() => undefined);
  }

  get kubeconfig(): string {
    return join(this.home, 'admin.kubeconfig');
  }

  kubectl(words: readonly string[], input = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#kube, ['kubectl', '--kubeconfig', this.kubeconfig, ...words]);
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve(Buffer.concat(out).toString());
        else reject(new Error(`kubectl ${words.join(' ')}: ${Buffer.concat(err).toString()}`));
      });
      child.stdin.end(input);
    });
  }

  /** What is looked at often is read in this process: a kubectl each time would take the CPU from what is waited for. */
  api(namespace: string): KubeApi {
    const config = new KubeConfig();
    config.loadFromFile(this.kubeconfig);
    return new KubeApi({ config, namespace, clock: systemClock });
  }

  /** Whether Kubernetes itself says that a node is ready. */
  async isReady(node: string): Promise<boolean> {
    const { status } = await this.#node(node);
    return status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  }

  /** Whether pods may be placed there; a little later than it is ready. */
  async takesPods(node: string): Promise<boolean> {
    const { spec } = await this.#node(node);
    return spec.taints.length === 0 && !spec.unschedulable && (await this.isReady(node));
  }

  async #node(name: string): Promise<NodeObject> {
    return NodeObject.parse(await this.api('').send({ method: 'GET', path: `/api/v1/nodes/${name}` }));
  }

  /** A container ends as by a crash: nothing in it is told. @param id as the status of its pod has it */
  async killContainer(node: string, id: string): Promise<void> {
    const name = id.replace(/^[a-z-]+:\/\//, '');
    await execute('ctr', [
      '-a',
      `/run/${node}/containerd.sock`,
      '-n',
      'k8s.io',
      'tasks',
      'kill',
      '-s',
      'SIGKILL',
      name,
    ]);
  }

  /** The machine is gone: nothing of it answers any more. */
  async killNode(node: string): Promise<void> {
    await this.signal(`${node}-kubelet`, 'SIGKILL');
    await execute('ip', ['-n', node, 'link', 'set', 'eth0', 'down']);
  }

  /** The machine is back. */
  async reviveNode(node: string): Promise<void> {
    await execute('bash', [join(scripts, 'revive'), this.home, this.#kube, node]);
  }

  /** Sends a signal to one of the processes in `pids/`. */
  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    process.kill(Number(await readFile(join(this.home, 'pids', name), 'utf8')), signal);
  }
}
