// How this Engine hands GPUs to containers, by what it tells of itself. Pure.

/** The parts of `docker info` that say so. */
export interface EngineInfo {
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  /** Folders of device descriptions; empty or absent where CDI is off. */
  readonly CDISpecDirs?: readonly string[] | null;
  /** From Docker 28.2 on. */
  readonly DiscoveredDevices?: readonly { readonly Source?: string; readonly ID?: string }[] | null;
}

/** `cdi`: devices by their names; `runtime`: NVIDIA's own runtime hands them in. */
export type GpuWay = 'cdi' | 'runtime';

/**
 * CDI where devices were found by it, else NVIDIA's runtime where the Engine knows it. Where it tells of neither, an Engine
 * with CDI may still find the devices, and one without may have NVIDIA's hook, which it does not tell of; one that cannot
 * says so when it is asked.
 */
export function gpuWay({ Runtimes, CDISpecDirs, DiscoveredDevices }: EngineInfo): GpuWay {
  if ((DiscoveredDevices ?? []).some(({ ID }) => ID?.startsWith('nvidia.com/gpu=') === true)) return 'cdi';
  if ('nvidia' in (Runtimes ?? {})) return 'runtime';
  return (CDISpecDirs ?? []).length > 0 ? 'cdi' : 'runtime';
}
