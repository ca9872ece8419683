// Who may import whom: the arrows of docs/architecture.md, one row a unit. What has no arrow here may not be imported.

export interface ArrowRule {
  /** Units of ours that it may import. */
  readonly units: readonly string[];
  /** Units of which it may import types only. */
  readonly types?: readonly string[];
  /** The npm packages that it may import; absent: any that is not kept for another unit. */
  readonly packages?: readonly string[];
  /** It may not import Node's own modules: it runs elsewhere too. */
  readonly withoutNode?: true;
}

const base = ['schemas', 'emulator/common', 'emulator/observe'];
const parts = ['autoscaler', 'bundle', 'controller', 'docker', 'engine', 'experiment', 'gateway', 'link', 'router'];
const composed = [...base, ...parts.map((name) => `emulator/${name}`)];

/** A unit is a folder, or the one file `emulator/main`; the longest prefix of a file's path counts. */
export const arrowTable: Readonly<Record<string, ArrowRule>> = {
  schemas: { units: [], packages: ['zod'], withoutNode: true },
  'emulator/common': { units: ['schemas'] },
  'emulator/observe': { units: ['schemas', 'emulator/common'] },
  'emulator/router': { units: base },
  'emulator/link': { units: base },
  'emulator/bundle': { units: base },
  'emulator/autoscaler': { units: base },
  'emulator/experiment': { units: base },
  'emulator/client': { units: ['schemas', 'emulator/common'] },
  'emulator/gateway': { units: [...base, 'emulator/router', 'emulator/link'] },
  'emulator/docker': { units: [...base, 'emulator/bundle'] },
  'emulator/engine': { units: [...base, 'emulator/link', 'emulator/bundle', 'emulator/docker'] },
  'emulator/controller': {
    units: [...base, 'emulator/router', 'emulator/autoscaler', 'emulator/bundle', 'emulator/experiment'],
    types: ['emulator/engine'],
  },
  // What it plans and simulates without a platform is decided by the very code of the platform.
  'emulator/rehearsal': { units: ['schemas', 'emulator/common', 'emulator/client'] },
  'emulator/cli': {
    units: [
      'schemas',
      'emulator/common',
      'emulator/client',
      'emulator/bundle',
      'emulator/docker',
      'emulator/autoscaler',
      'emulator/experiment',
      'emulator/rehearsal',
      'emulator/cluster/manifests',
    ],
  },
  // What a cluster is told; and the composition root of its processes.
  'emulator/cluster/manifests': { units: base },
  'emulator/cluster/s3': { units: [...base, 'emulator/bundle'], packages: ['aws4fetch'] },
  'emulator/cluster': { units: [...composed, 'emulator/cluster/manifests', 'emulator/cluster/s3'] },
  // The composition root, and the entry point that only starts it.
  'emulator/platform': { units: composed },
  'emulator/main': { units: [...composed, 'emulator/platform'] },
  src: { units: ['schemas', 'emulator/client'] },
  webview: { units: ['schemas'], packages: ['zod', 'uplot', '@vscode/webview-ui-toolkit'], withoutNode: true },
  scripts: { units: ['*'] },
  bench: { units: ['*'] },
  test: { units: ['*'] },
};

/** Packages that only the named units may import. */
export const keptPackages: Readonly<Record<string, readonly string[]>> = {
  vscode: ['src', 'test'],
  express: ['emulator/controller'],
  commander: ['emulator/cli'],
  '@kubernetes/client-node': ['emulator/engine', 'test'],
  'tar-stream': ['emulator/bundle', 'emulator/docker', 'test'],
  'http-proxy': ['emulator/gateway', 'bench'],
  aws4fetch: ['emulator/cluster/s3'],
  undici: ['emulator/gateway', 'bench'],
  'prom-client': ['emulator/observe', 'emulator/gateway', 'emulator/controller'],
  dockerode: ['emulator/docker', 'emulator/engine', 'test'],
  mocha: ['scripts', 'test'],
  'fast-check': ['test'],
  esbuild: ['scripts'],
  uplot: ['webview'],
  '@vscode/webview-ui-toolkit': ['webview'],
  'axe-core': ['test'],
};
