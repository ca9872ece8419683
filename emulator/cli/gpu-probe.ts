// Asks this machine for its GPUs: files of the system, nvidia-smi, the container toolkit, the Docker Engine, environments.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../bundle/run-process.ts';
import { connectDocker } from '../docker/connection.ts';
import type { CudaLibrary, DockerFacts, Gpu, GpuFacts, SmiFacts } from './gpu-facts.ts';

const limits = { timeoutMs: 10_000, maxOutputBytes: 256 * 1024 };
const engineMs = 3_000;

export interface ProbeOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the environments of services. */
  readonly environments: string;
  readonly signal: AbortSignal;
}

/** Never rejects but for an abort: what cannot be seen is not there. */
export async function probeGpus(options: ProbeOptions): Promise<GpuFacts> {
  const [kernel, devices, cards, module, smi, toolkit, docker, libraries] = await Promise.all([
    text('/proc/version'),
    names('/dev'),
    pciCards(),
    text('/proc/driver/nvidia/version'),
    askSmi(options),
    askToolkit(options),
    askDocker(),
    cudaLibraries(options.environments),
  ]);
  const system = process.platform === 'win32' ? 'windows' : process.platform === 'darwin' ? 'mac' : 'linux';
  return {
    system,
    wsl: wslOf(kernel),
    cards,
    devices: devices.filter((name) => /^(?:nvidia[0-9]+|dxg)$/.test(name)),
    kernelModule: /Kernel Module(?: for \S+)?\s+([0-9.]+)/.exec(module)?.[1] ?? null,
    smi,
    toolkit,
    docker,
    libraries,
  };
}

/** @param kernel the text of /proc/version */
export function wslOf(kernel: string): 1 | 2 | null {
  if (!/microsoft/i.test(kernel)) return null;
  return /WSL2|microsoft-standard/i.test(kernel) ? 2 : 1;
}

/** The two answers of nvidia-smi, put together. */
export function smiOf(list: string, header: string): SmiFacts {
  const rows = list
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 3);
  const driver = rows[0]?.[2];
  if (driver === undefined) return { kind: 'failed', output: list };
  const gpus = rows.map(([name = '', memory = '0']): Gpu => ({ name, memoryMiB: Number(memory) || 0 }));
  return { kind: 'ok', driver, cuda: /CUDA Version:\s*([0-9.]+)/.exec(header)?.[1] ?? null, gpus };
}

async function askSmi({ env, signal }: ProbeOptions): Promise<SmiFacts> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];
  for (const program of ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi']) {
    const list = await runProcess(program, query, { ...limits, env, signal });
    if (list.kind === 'not-started') continue;
    if (list.why !== undefined) return { kind: 'failed', output: list.stdout || list.stderr || list.why };
    const header = await runProcess(program, [], { ...limits, env, signal });
    return smiOf(list.stdout, header.kind === 'ended' ? header.stdout : '');
  }
  return { kind: 'missing' };
}

async function askToolkit({ env, signal }: ProbeOptions): Promise<string | null> {
  const answer = await runProcess('nvidia-ctk', ['--version'], { ...limits, env, signal });
  if (answer.kind === 'not-started') return null;
  return /version\s+v?([0-9][0-9.]*)/i.exec(answer.stdout)?.[1] ?? 'of an unknown version';
}

async function askDocker(): Promise<DockerFacts> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the Engine is silent')), engineMs);
    });
    const info = (await Promise.race([connectDocker().info(), late])) as {
      Runtimes?: Record<string, unknown>;
      DiscoveredDevices?: readonly { readonly ID?: string }[];
    };
    const cdi = (info.DiscoveredDevices ?? []).flatMap(({ ID }) => (ID === undefined ? [] : [ID]));
    return { kind: 'there', runtimes: Object.keys(info.Runtimes ?? {}), cdi };
  } catch {
    return { kind: 'none' };
  } finally {
    clearTimeout(timer);
  }
}

/** Display controllers (class 03) of NVIDIA (vendor 10de). */
async function pciCards(): Promise<number | null> {
  const root = '/sys/bus/pci/devices';
  const slots = await readdir(root).catch(() => undefined);
  if (slots === undefined) return null;
  const kinds = await Promise.all(
    slots.map(async (slot) => [await text(join(root, slot, 'vendor')), await text(join(root, slot, 'class'))] as const),
  );
  return kinds.filter(([vendor, kind]) => vendor.trim() === '0x10de' && kind.startsWith('0x03')).length;
}

/** What environments of services have of CUDA, by the folders that their packages leave. */
async function cudaLibraries(environments: string): Promise<CudaLibrary[]> {
  const found: CudaLibrary[] = [];
  for (const environment of await names(environments)) {
    const lib = join(environments, environment, 'lib');
    for (const python of await names(lib)) {
      for (const name of await names(join(lib, python, 'site-packages'))) {
        const library = cudaLibraryOf(name);
        if (library !== undefined) found.push({ ...library, what: `${library.what} in environment ${environment}` });
      }
    }
  }
  return found;
}

/** @param folder such as `nvidia_cuda_runtime_cu12-12.4.127.dist-info` or `torch-2.5.1+cu124.dist-info` */
export function cudaLibraryOf(folder: string): CudaLibrary | undefined {
  const runtime = /^nvidia_cuda_runtime(?:_cu[0-9]+)?-(([0-9]+\.[0-9]+)[0-9.]*)\.dist-info$/.exec(folder);
  if (runtime !== null) return { what: `nvidia-cuda-runtime ${runtime[1]!}`, cuda: runtime[2]! };
  const torch = /^torch-([0-9.]+)\+cu([0-9]+)([0-9])\.dist-info$/.exec(folder);
  return torch === null ? undefined : { what: `torch ${torch[1]!}`, cuda: `${torch[2]!}.${torch[3]!}` };
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
