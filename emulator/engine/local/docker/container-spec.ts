// What the Engine is asked for when it makes a replica's container. Pure: the order and limits in, the request out.
import type { ContainerCreateOptions } from 'dockerode';
import { layout } from '../../../docker/image-layout.ts';
import type { WorkerOrder } from '../launcher.ts';
import { threadEnvironment } from '../worker-environment.ts';

export interface ContainerLimits {
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly pids: number;
  readonly shmBytes: number;
  readonly tmpBytes: number;
}

/** How the platform reaches the worker: a socket in a mounted folder, or a port published on the loopback address. */
export type ContainerLink =
  | { readonly kind: 'socket'; readonly folder: string }
  | { readonly kind: 'port'; readonly port: number }
  /** There is no worker in it. */
  | { readonly kind: 'none' };

/** How GPUs are asked for; `devices` are the machine's own numbers. */
export type GpuRequest =
  | { readonly kind: 'none' }
  | { readonly kind: 'runtime'; readonly devices: readonly number[] }
  | { readonly kind: 'cdi'; readonly devices: readonly number[] };

export interface ContainerPlan {
  readonly image: string;
  readonly order: WorkerOrder;
  readonly limits: ContainerLimits;
  readonly labels: Readonly<Record<string, string>>;
  readonly link: ContainerLink;
  /** Port of a service that is a server itself, published on the loopback address. */
  readonly serverPort: number | undefined;
  readonly gpus: GpuRequest;
  /** `uid:gid`; undefined for the user of the image. */
  readonly user: string | undefined;
  /** Processors of the Engine's machine; it refuses a limit above. */
  readonly cores: number;
}

/** What an image of the service's own is told beside. */
export interface OwnProgram {
  /** Undefined: what the image is made to run. */
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** The request, with everything taken away from the container that a replica does not need. */
export function containerSpec(plan: ContainerPlan): ContainerCreateOptions {
  return {
    ...common(plan, {}),
    Entrypoint: [],
    Cmd: ['python3', '-m', 'slipway.worker'],
    WorkingDir: layout.service,
    // The configuration comes by standard input. Its end, when the platform is gone, ends the worker.
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
  };
}

/** The same for an image of the service's own: what it runs, and where, is its own matter. */
export function ownImageSpec(plan: ContainerPlan, { command, environment }: OwnProgram): ContainerCreateOptions {
  const place: Readonly<Record<string, string>> = { HOST: '0.0.0.0', PORT: String(plan.serverPort ?? '') };
  // As a worker does it in a folder's command.
  const filled = command?.map((word) =>
    word.replace(
      /\$(?:(PORT|HOST)\b|\{(PORT|HOST)\})/g,
      (_, bare?: string, braced?: string) => place[bare ?? braced ?? '']!,
    ),
  );
  return {
    ...common(plan, { ...environment, ...place }),
    ...(filled === undefined ? {} : { Entrypoint: [], Cmd: filled }),
  };
}

function common(plan: ContainerPlan, more: Readonly<Record<string, string>>): ContainerCreateOptions {
  const { order, limits, link, serverPort } = plan;
  const published = [link.kind === 'port' ? link.port : undefined, serverPort].filter((port) => port !== undefined);
  const environment = { ...threadEnvironment(order.threads), ...more, SLIPWAY_REPLICA: order.replica };
  return {
    Image: plan.image,
    Labels: plan.labels,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(plan.user === undefined ? {} : { User: plan.user }),
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    ExposedPorts: Object.fromEntries(published.map((port) => [`${port}/tcp`, {}])),
    HostConfig: {
      // An ended container is gone, also when no platform is there any more to remove it.
      AutoRemove: true,
      RestartPolicy: { Name: 'no' },
      // A first process that passes on signals and collects orphans: the worker's own death is then always seen.
      Init: true,
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${limits.tmpBytes}` },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: limits.memoryBytes,
      // The same as Memory: no swap.
      MemorySwap: limits.memoryBytes,
      NanoCpus: Math.round(Math.min(limits.cpu, plan.cores) * 1e9),
      PidsLimit: limits.pids,
      ShmSize: limits.shmBytes,
      // The platform reads what it writes and bounds it; the Engine keeps nothing on disk.
      LogConfig: { Type: 'none', Config: {} },
      ...(link.kind === 'socket' ? { Mounts: [{ Type: 'bind', Source: link.folder, Target: layout.run }] } : {}),
      PortBindings: Object.fromEntries(
        published.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: '' }]]),
      ),
      ...deviceRequests(plan.gpus),
    },
  };
}

function deviceRequests(gpus: GpuRequest): object {
  switch (gpus.kind) {
    case 'none':
      return {};
    case 'runtime':
      return { DeviceRequests: [{ Driver: '', DeviceIDs: gpus.devices.map(String), Capabilities: [['gpu']] }] };
    case 'cdi':
      return {
        DeviceRequests: [{ Driver: 'cdi', DeviceIDs: gpus.devices.map((device) => `nvidia.com/gpu=${device}`) }],
      };
  }
}
