// Why a GPU is not seen, on many machines as they told it; and the questions themselves, put to this one.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { GpuFacts } from '../../../emulator/cli/gpu-facts.ts';
import { gpuFindings } from '../../../emulator/cli/gpu-findings.ts';
import { cudaLibraryOf, probeGpus, smiOf, wslOf } from '../../../emulator/cli/gpu-probe.ts';

/** A Linux machine with one GPU, on which everything is right. */
const well: GpuFacts = {
  system: 'linux',
  wsl: null,
  cards: 1,
  devices: ['nvidia0'],
  kernelModule: '550.54.15',
  smi: { kind: 'ok', driver: '550.54.15', cuda: '12.4', gpus: [{ name: 'NVIDIA RTX A4000', memoryMiB: 16_376 }] },
  toolkit: '1.17.4',
  docker: { kind: 'there', runtimes: ['io.containerd.runc.v2', 'nvidia', 'runc'], cdi: [] },
  libraries: [{ what: 'torch 2.5.1', cuda: '12.4' }],
};
const bare: GpuFacts = {
  ...well,
  cards: 0,
  devices: [],
  kernelModule: null,
  smi: { kind: 'missing' },
  toolkit: null,
  docker: { kind: 'none' },
  libraries: [],
};

interface Machine {
  readonly told: string;
  readonly facts: GpuFacts;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly found: RegExp;
  /** What to do; absent where nothing is to be done. */
  readonly fix?: RegExp;
}

const failed = (output: string): GpuFacts['smi'] => ({ kind: 'failed', output });

const machines: readonly Machine[] = [
  { told: 'has one that works', facts: well, state: 'ok', found: /RTX A4000 \(16 GiB\); driver 550.54.15, CUDA 12.4/ },
  { told: 'has none', facts: bare, state: 'ok', found: /none on this machine; .*--nodes 2:gpu=1/ },
  { told: 'is a Mac', facts: { ...bare, system: 'mac', cards: null }, state: 'ok', found: /on a Mac/ },
  {
    told: 'has one without a driver',
    facts: { ...bare, cards: 2 },
    state: 'failed',
    found: /2 NVIDIA GPUs, and no driver is loaded/,
    fix: /nvidia-driver.*Secure Boot/,
  },
  {
    told: 'had its driver updated while it ran',
    facts: {
      ...well,
      smi: failed('Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 560.35'),
    },
    state: 'failed',
    found: /module \(550.54.15\) is not that of its libraries/,
    fix: /Start the machine again/,
  },
  {
    told: 'has no device files',
    facts: { ...well, devices: [], smi: failed('NVIDIA-SMI has failed') },
    state: 'failed',
    found: /no \/dev\/nvidia0/,
    fix: /nvidia-modprobe/,
  },
  {
    told: 'has the driver without its tools',
    facts: { ...well, smi: { kind: 'missing' } },
    state: 'warning',
    found: /nvidia-smi is not there/,
    fix: /nvidia-utils/,
  },
  {
    told: 'has a GPU that fell off the bus',
    facts: { ...well, smi: failed('No devices were found') },
    state: 'failed',
    found: /finds no device/,
    fix: /dmesg/,
  },
  {
    told: 'is WSL 1',
    facts: { ...bare, wsl: 1, cards: null },
    state: 'failed',
    found: /WSL 1 has no GPUs/,
    fix: /--set-version/,
  },
  {
    told: 'is WSL 2 with a driver for Linux in it',
    facts: {
      ...bare,
      wsl: 2,
      devices: ['dxg'],
      kernelModule: '535.104',
      smi: failed('GPU access blocked by the operating system'),
    },
    state: 'failed',
    found: /driver for Linux \(535.104\) is installed inside WSL/,
    fix: /Remove it/,
  },
  {
    told: 'is WSL 2 that passes none on although the driver is there',
    facts: { ...bare, wsl: 2, smi: failed('GPU access blocked by the operating system') },
    state: 'failed',
    found: /no \/dev\/dxg/,
    fix: /wsl --update/,
  },
  {
    told: 'is WSL 2 without a driver in Windows',
    facts: { ...bare, wsl: 2, devices: ['dxg'] },
    state: 'warning',
    found: /passes a GPU on/,
    fix: /In Windows: install the NVIDIA driver/,
  },
  { told: 'is WSL 2 without a GPU', facts: { ...bare, wsl: 2 }, state: 'ok', found: /WSL passes none on/ },
  {
    told: 'is WSL 2 that works',
    facts: { ...well, wsl: 2, cards: null, devices: ['dxg'], kernelModule: null },
    state: 'ok',
    found: /RTX A4000/,
  },
  {
    told: 'is Windows whose driver fails',
    facts: {
      ...bare,
      system: 'windows',
      cards: null,
      smi: failed('NVIDIA-SMI has failed because it could not communicate'),
    },
    state: 'failed',
    found: /could not communicate/,
    fix: /Install the NVIDIA driver/,
  },
];

describe('the doctor on GPUs', () => {
  for (const { told, facts, state, found, fix } of machines) {
    it(`a machine that ${told}`, () => {
      const [first] = gpuFindings(facts);
      assert.equal(first?.state, state);
      assert.match(first.found, found);
      if (fix === undefined) assert.equal(first.hint, undefined);
      else assert.match(first.hint ?? '', fix);
      assert.equal(state === 'ok', first.hint === undefined, 'what is wrong has its fix');
    });
  }

  const second = (facts: GpuFacts): string[] =>
    gpuFindings(facts)
      .slice(1)
      .map(({ state, found, hint = '' }) => `${state}: ${found} ${hint}`);

  it('containers get them through the runtime or through CDI, or it says what is missing', () => {
    assert.match(second(well)[0]!, /^ok: through the runtime nvidia, toolkit 1.17.4/);
    const cdi = { kind: 'there', runtimes: ['runc'], cdi: ['nvidia.com/gpu=0', 'nvidia.com/gpu=all'] } as const;
    assert.match(second({ ...well, docker: cdi })[0]!, /^ok: through CDI: 2 devices/);
    const plain = { kind: 'there', runtimes: ['runc'], cdi: [] } as const;
    assert.match(
      second({ ...well, docker: plain })[0]!,
      /^failed: the toolkit 1.17.4 is there.*nvidia-ctk runtime configure/,
    );
    assert.match(second({ ...well, docker: plain, toolkit: null })[0]!, /^failed: .*Install nvidia-container-toolkit/);
    assert.deepEqual(second({ ...well, docker: { kind: 'none' } }), [], 'nobody asks for containers');
  });

  it('libraries of a newer CUDA than the driver are told with both versions', () => {
    const libraries = [
      { what: 'torch 2.5.1', cuda: '12.8' },
      { what: 'nvidia-cuda-runtime 13.0.48', cuda: '13.0' },
    ];
    const told = second({ ...well, libraries }).slice(1);
    assert.equal(told.length, 1, 'within one major version the driver runs newer ones');
    assert.match(told[0]!, /nvidia-cuda-runtime 13.0.48 is for CUDA 13.0, and the driver 550.54.15 is for CUDA 12.4/);
    assert.match(told[0]!, /use packages for CUDA 12/);
  });

  it('understands what the programs print', () => {
    const header = '| NVIDIA-SMI 550.54.15    Driver Version: 550.54.15    CUDA Version: 12.4     |';
    const list = 'NVIDIA A100-SXM4-40GB, 40960, 550.54.15\nNVIDIA A100-SXM4-40GB, 40960, 550.54.15\n';
    const smi = smiOf(list, header);
    assert.deepEqual(smi.kind === 'ok' && [smi.driver, smi.cuda, smi.gpus.length], ['550.54.15', '12.4', 2]);
    assert.equal(smiOf('No devices were found\n', header).kind, 'failed');
    assert.equal(wslOf('Linux version 5.15.153.1-microsoft-standard-WSL2 (root@65c757a075e2)'), 2);
    assert.equal(wslOf('Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)'), 1);
    assert.equal(wslOf('Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)'), null);
    assert.deepEqual(cudaLibraryOf('nvidia_cuda_runtime_cu12-12.4.127.dist-info'), {
      what: 'nvidia-cuda-runtime 12.4.127',
      cuda: '12.4',
    });
    assert.deepEqual(cudaLibraryOf('torch-2.5.1+cu124.dist-info'), { what: 'torch 2.5.1', cuda: '12.4' });
    assert.equal(cudaLibraryOf('torch-2.5.1+cpu.dist-info'), undefined);
  });

  it('asks this machine, and comes to a finding', async () => {
    const facts = await probeGpus({ env: process.env, environments: '/nowhere', signal: AbortSignal.timeout(20_000) });
    const findings = gpuFindings(facts);
    assert.ok(findings.length >= 1);
    assert.ok(findings.every(({ state, hint }) => state === 'ok' || (hint ?? '') !== ''));
  });
});
