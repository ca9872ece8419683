// dist/: the entry points, each bundled with all its npm packages into one file. Made again when a source has changed.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fail, say, step } from './progress.mjs';

const entries = [
  { from: 'emulator/cli/main.ts', to: 'dist/slipway.js', executable: true },
  { from: 'emulator/main.ts', to: 'dist/platform.js', executable: false },
  { from: 'emulator/cluster/main.ts', to: 'dist/cluster.js', executable: false },
  { from: 'emulator/cluster/fetch-main.ts', to: 'dist/fetch.js', executable: false },
  { from: 'scripts/demo/main.ts', to: 'dist/demo.js', executable: false },
  // An editor loads its extensions with require.
  { from: 'src/extension.ts', to: 'dist/extension.cjs', executable: false, format: 'cjs', apart: 'src/parts.ts' },
  { from: 'src/parts.ts', to: 'dist/parts.cjs', executable: false, format: 'cjs' },
];
/** The page of the dashboard, with its style sheet beside it. */
const page = { from: 'webview/main.ts', to: 'dist/webview/dashboard.js' };
const sourceFolders = ['schemas', 'emulator', 'scripts', 'src', 'webview'];

export async function build(root) {
  const present = entries.filter(({ from, to }) => {
    if (existsSync(join(root, from))) return true;
    say(`${to} is not built: there is no ${from}`);
    return false;
  });
  const stampFile = join(root, '.build', 'dist.stamp');
  const stamp = digestOfSources(root);
  const isBuilt = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (isBuilt && [...present, page].every(({ to }) => existsSync(join(root, to)))) return;
  const { build: bundle } = await import('esbuild');
  await step(`building ${present.map(({ to }) => to).join(', ')}`, async () => {
    try {
      await Promise.all([...present.map((entry) => bundleOne(bundle, root, entry)), bundlePage(bundle, root)]);
    } catch (error) {
      // esbuild has printed what is wrong and where.
      fail(`the build did not work: ${error.message.split('\n')[0]}`);
    }
  });
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

/** dockerode's client of BuildKit needs 2 MB of gRPC and files beside it; images are built without it. */
const withoutBuildKit = {
  name: 'without-buildkit',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/(session|buildkit)$/ }, ({ importer, path }) =>
      /node_modules[\\/]dockerode[\\/]/.test(importer) ? { path, namespace: 'without-buildkit' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'without-buildkit' }, () => ({
      contents: "module.exports = () => { throw new Error('this build has no client of BuildKit'); };",
    }));
  },
};

/** The messages of zod in fifty languages, of which we use none by name. */
const withoutLocales = {
  name: 'without-locales',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, ({ importer, path }) =>
      /node_modules[\\/]zod[\\/]/.test(importer) ? { path, namespace: 'without-locales' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'without-locales' }, () => ({ contents: 'export {};' }));
  },
};

/** `source`, where it is imported at run time, is the file that is built of it, beside this one. */
const apartFrom = (source) => ({
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import' || join(resolveDir, path) !== source) return undefined;
      return { path: `./${basename(entries.find(({ from }) => source.endsWith(from)).to)}`, external: true };
    });
  },
});

async function bundleOne(bundle, root, { from, to, executable, format = 'esm', apart }) {
  const hasShebang = readFileSync(join(root, from), 'utf8').startsWith('#!');
  const banner = [
    ...(executable && !hasShebang ? ['#!/usr/bin/env node'] : []),
    ...(format === 'cjs'
      ? ["const slipwayModuleUrl = require('node:url').pathToFileURL(__filename).href;"]
      : [
          // CommonJS packages inside the bundle ask for Node's own modules with require, and where they are.
          "import { createRequire as slipwayRequire } from 'node:module';",
          'const require = slipwayRequire(import.meta.url);',
          "const __dirname = require('node:path').dirname(require('node:url').fileURLToPath(import.meta.url));",
        ]),
  ];
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: [from],
    outfile: to,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format,
    plugins: [withoutBuildKit, withoutLocales, ...(apart === undefined ? [] : [apartFrom(join(root, apart))])],
    // The editor's own module is found by the require that it gives to extensions, not by an import.
    supported: { 'dynamic-import': format !== 'cjs' },
    // Native parts of the SSH client of dockerode, which does without them.
    external: ['vscode', '*.node'],
    // Names are read in traces, so they stay as they are written.
    ...(format === 'cjs'
      ? { define: { 'import.meta.url': 'slipwayModuleUrl' }, minifySyntax: true, minifyWhitespace: true }
      : {}),
    sourcemap: true,
    banner: { js: banner.join('\n') },
    logLevel: 'warning',
  });
  writeAll(outputFiles, (path) => executable && path.endsWith('.js'));
}

async function bundlePage(bundle, root) {
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: [page.from],
    outfile: page.to,
    bundle: true,
    write: false,
    platform: 'browser',
    target: 'chrome120',
    format: 'iife',
    minify: true,
    sourcemap: true,
    logLevel: 'warning',
  });
  writeAll(outputFiles, () => false);
}

function writeAll(outputFiles, isExecutable) {
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    // Renamed into place: a process that starts meanwhile reads the old file or the new one, never half of one.
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, contents);
    chmodSync(temporary, isExecutable(path) ? 0o755 : 0o644);
    renameSync(temporary, path);
  }
}

function digestOfSources(root) {
  const hash = createHash('sha256').update(process.version);
  const add = (path) =>
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0');
  for (const folder of sourceFolders) {
    const files = readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name));
    files
      .filter((path) => /\.(ts|mjs|json|css)$/.test(path))
      .sort()
      .forEach(add);
  }
  ['package.json', 'package-lock.json'].forEach(add);
  return hash.digest('hex');
}
