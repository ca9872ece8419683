// What a machine tells of its GPUs, as `slipway doctor` asks it.

export interface GpuFacts {
  readonly system: 'linux' | 'windows' | 'mac';
  /** Version of the Windows Subsystem for Linux; null on a machine of its own. */
  readonly wsl: 1 | 2 | null;
  /** NVIDIA display controllers on the PCI bus; null where that cannot be seen. */
  readonly cards: number | null;
  /** Device files: nvidia0, nvidia1, …, and dxg in WSL. */
  readonly devices: readonly string[];
  /** Version of the kernel module that is loaded. */
  readonly kernelModule: string | null;
  readonly smi: SmiFacts;
  /** Version of NVIDIA's container toolkit. */
  readonly toolkit: string | null;
  readonly docker: DockerFacts;
  /** CUDA libraries of environments on this machine: what asks, and the version of CUDA that it was built for. */
  readonly libraries: readonly CudaLibrary[];
}

export interface CudaLibrary {
  /** Such as `nvidia-cuda-runtime-cu12 12.4.127 in environment 5f3a91c0`. */
  readonly what: string;
  /** Such as `12.4`. */
  readonly cuda: string;
}

export interface Gpu {
  readonly name: string;
  readonly memoryMiB: number;
}

/** What nvidia-smi says. */
export type SmiFacts =
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly output: string }
  | { readonly kind: 'ok'; readonly driver: string; readonly cuda: string | null; readonly gpus: readonly Gpu[] };

export type DockerFacts =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'there';
      /** Names of its runtimes, such as `nvidia`. */
      readonly runtimes: readonly string[];
      /** Devices that it found by the Container Device Interface. */
      readonly cdi: readonly string[];
    };
