// Why a GPU is not seen, and what to do: from what a machine tells to findings, each with its fix. Pure.
import type { DoctorCheck as Check } from '../../schemas/doctor.ts';
import { count, showBytes } from './figures.ts';
import type { CudaLibrary, GpuFacts, SmiFacts } from './gpu-facts.ts';

type SmiOk = Extract<SmiFacts, { kind: 'ok' }>;

/** In the order in which they are shown; a machine without a GPU has one that says so. */
export function gpuFindings(facts: GpuFacts): Check[] {
  const driver = driverFinding(facts);
  if (driver.state !== 'ok' || facts.smi.kind !== 'ok') return [driver];
  return [driver, containerFinding(facts), ...libraryFindings(facts.libraries, facts.smi)].filter(
    (check) => check !== undefined,
  );
}

function driverFinding(facts: GpuFacts): Check {
  const { smi, system, wsl } = facts;
  if (system === 'mac') return ok('none; frameworks use the processor, or what else they know on a Mac');
  if (wsl === 1) {
    return failed('WSL 1 has no GPUs', 'In Windows: `wsl --set-version <distribution> 2`, then `wsl --shutdown`.');
  }
  if (smi.kind === 'ok' && smi.gpus.length > 0) return ok(describe(smi));
  if (wsl === 2) return wslFinding(facts);
  const there =
    (facts.cards ?? 0) > 0 || facts.devices.some((name) => name.startsWith('nvidia')) || smi.kind !== 'missing';
  if (!there) return ok('none on this machine; `slipway up --nodes 2:gpu=1` emulates nodes that have some');
  return system === 'windows' ? windowsFinding(smi) : linuxFinding(facts);
}

function wslFinding({ devices, kernelModule, smi }: GpuFacts): Check {
  if (kernelModule !== null) {
    const fix = 'Remove it (`sudo apt purge "nvidia-*"`): in WSL the driver of Windows is used, and only that.';
    return failed(`a driver for Linux (${kernelModule}) is installed inside WSL`, fix);
  }
  if (!devices.includes('dxg')) {
    if (smi.kind === 'missing') return ok('none; WSL passes none on');
    return failed(
      'WSL has no /dev/dxg',
      'In Windows: update the NVIDIA driver, then `wsl --update` and `wsl --shutdown`.',
    );
  }
  if (smi.kind === 'missing') {
    const fix = 'In Windows: install the NVIDIA driver, then `wsl --shutdown`; without an NVIDIA GPU nothing is wrong.';
    return warning('WSL passes a GPU on, and nvidia-smi is not there', fix);
  }
  return failed(`nvidia-smi: ${said(smi)}`, 'In Windows: update the NVIDIA driver, then `wsl --shutdown`.');
}

function windowsFinding(smi: SmiFacts): Check {
  return failed(`nvidia-smi: ${said(smi)}`, 'Install the NVIDIA driver for this GPU, and start Windows again.');
}

function linuxFinding({ cards, devices, kernelModule, smi }: GpuFacts): Check {
  const output = said(smi);
  if (/version mismatch/i.test(output)) {
    const fix = 'Start the machine again: the driver was updated while its old module was loaded.';
    return failed(`the driver's module (${kernelModule ?? 'unknown'}) is not that of its libraries`, fix);
  }
  if (kernelModule === null) {
    const found = `${cards === null || cards === 0 ? 'an NVIDIA GPU' : count(cards, 'NVIDIA GPU')}, and no driver is loaded`;
    const fix =
      'Install the driver (Debian: nvidia-driver, Ubuntu: `sudo ubuntu-drivers install`) and start again; with Secure Boot its key must be enrolled.';
    return failed(found, fix);
  }
  if (!devices.some((name) => /^nvidia[0-9]+$/.test(name))) {
    return failed(
      `the driver ${kernelModule} is loaded, and there is no /dev/nvidia0`,
      'Run `sudo nvidia-modprobe -u -c=0`.',
    );
  }
  if (smi.kind === 'missing') {
    const fix = 'Install the tools of the driver (Debian: nvidia-smi, Ubuntu: nvidia-utils).';
    return warning(`the driver ${kernelModule} is loaded, and nvidia-smi is not there`, fix);
  }
  if (/no devices were found/i.test(output) || smi.kind === 'ok') {
    return failed(
      'the driver finds no device',
      'Look at `dmesg | grep -i nvrm`: the GPU may be too old for the driver, or off the bus.',
    );
  }
  return failed(`nvidia-smi: ${output}`, 'Look at `dmesg | grep -i nvrm`, and start the machine again.');
}

/** Undefined where there is no Docker Engine: then nobody asks for containers. */
function containerFinding({ docker, toolkit, wsl }: GpuFacts): Check | undefined {
  if (docker.kind === 'none') return undefined;
  const name = 'gpu in containers';
  const cdi = docker.cdi.filter((device) => device.startsWith('nvidia.com/gpu'));
  if (cdi.length > 0) return { name, state: 'ok', found: `through CDI: ${count(cdi.length, 'device')}` };
  if (docker.runtimes.includes('nvidia')) {
    return { name, state: 'ok', found: `through the runtime nvidia${toolkit === null ? '' : `, toolkit ${toolkit}`}` };
  }
  const configure = '`sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`';
  if (toolkit !== null) {
    const found = `the toolkit ${toolkit} is there, and Docker does not know its runtime`;
    return { name, state: 'failed', found, hint: `Run ${configure}.` };
  }
  const desktop = wsl === 2 ? ' Docker Desktop has it without that.' : '';
  const hint = `Install nvidia-container-toolkit, then run ${configure}.${desktop}`;
  return { name, state: 'failed', found: 'Docker has no runtime for GPUs', hint };
}

/** A driver runs what was built for its CUDA or an older one; within one major version, newer ones too. */
function libraryFindings(libraries: readonly CudaLibrary[], { cuda, driver }: SmiOk): Check[] {
  if (cuda === null) return [];
  return libraries
    .filter((library) => majorOf(library.cuda) > majorOf(cuda))
    .map(({ what, cuda: built }) => ({
      name: 'gpu libraries',
      state: 'failed',
      found: `${what} is for CUDA ${built}, and the driver ${driver} is for CUDA ${cuda}`,
      hint: `Update the driver, or use packages for CUDA ${majorOf(cuda)}.`,
    }));
}

function majorOf(version: string): number {
  return Number(/^[0-9]+/.exec(version)?.[0] ?? 0);
}

function describe({ gpus, driver, cuda }: SmiOk): string {
  const names = gpus.map(({ name, memoryMiB }) => `${name} (${showBytes(memoryMiB * 1024 ** 2)})`);
  return `${names.join(', ')}; driver ${driver}${cuda === null ? '' : `, CUDA ${cuda}`}`;
}

function said(smi: SmiFacts): string {
  return smi.kind === 'failed' ? (smi.output.trim().split('\n', 1)[0] ?? '').slice(0, 200) : 'no GPU';
}

const ok = (found: string): Check => ({ name: 'gpu', state: 'ok', found });
const warning = (found: string, hint: string): Check => ({ name: 'gpu', state: 'warning', found, hint });
const failed = (found: string, hint: string): Check => ({ name: 'gpu', state: 'failed', found, hint });
