// The images of a test cluster, without a registry and without a Docker Engine: layers made with tar, in the form that
// `docker save` writes and containerd imports. The base is a Debian with Python, made with debootstrap.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readManifest } from '../../emulator/bundle/manifest.ts';
import { resolveRequirements } from '../../emulator/bundle/requirements.ts';
import { packageRoot, templatesFolder } from '../../emulator/common/assets.ts';

const run = promisify(execFile);
const folder = join(packageRoot, '.build', 'kubernetes');
const packages = ['ca-certificates', 'python3-minimal', 'python3-venv', 'python3-pip'];

const numpy = 'numpy==2.3.5';

export interface TestImages {
  /** Node and Slipway. */
  readonly platform: string;
  /** Python, numpy and the runtime. */
  readonly replica: string;
  /** What containerd imports. */
  readonly archive: string;
}

/** Builds what is not there yet; the base once, the layers with Slipway in them each time. */
export async function testImages(): Promise<TestImages> {
  await mkdir(folder, { recursive: true });
  const base = await baseLayer();
  const platform = await layer('platform', async (root) => {
    await mkdir(join(root, 'usr/local/bin'), { recursive: true });
    await cp(process.execPath, join(root, 'usr/local/bin/node'));
    await mkdir(join(root, 'app/dist'), { recursive: true });
    await cp(join(packageRoot, 'package.json'), join(root, 'app/package.json'));
    for (const name of ['cluster.js', 'fetch.js'])
      await cp(join(packageRoot, 'dist', name), join(root, 'app/dist', name));
  });
  const runtime = await runtimeLayer();
  const names = { platform: 'localhost/slipway-platform:test', replica: 'localhost/slipway-replica:test' };
  const images = [
    { name: names.platform, layers: [base, platform] },
    { name: names.replica, layers: [base, runtime] },
  ];
  return { ...names, archive: await archiveOf(images, 'images.tar') };
}

function runtimeLayer(): Promise<Layer> {
  return layer('runtime', (root) =>
    cp(join(packageRoot, 'emulator/runtime/slipway'), join(root, 'opt/slipway/runtime/slipway'), {
      recursive: true,
      filter: (path) => !path.includes('__pycache__'),
    }),
  );
}

/** The image of replicas with the libraries of the templates that are named, as an archive of its own. It is large. */
export async function frameworkImage(templates: readonly string[]): Promise<{ name: string; archive: string }> {
  const lists = await Promise.all(templates.map((template) => requirementsOf(template)));
  const requirements = [...new Set(lists.flat())].sort();
  const hash = createHash('sha256').update(requirements.join('\n')).digest('hex').slice(0, 16);
  const file = join(folder, `frameworks-${hash}.tar`);
  if (!existsSync(file)) await baseWith(requirements, file);
  const layers = [{ file, digest: await sha256(file) }, await runtimeLayer()];
  const name = 'localhost/slipway-frameworks:test';
  return { name, archive: await archiveOf([{ name, layers }], 'frameworks-images.tar') };
}

async function requirementsOf(template: string): Promise<readonly string[]> {
  const root = join(templatesFolder, template);
  return resolveRequirements(root, await readManifest(root));
}

/** The base with more packages, in one layer. */
async function baseWith(requirements: readonly string[], file: string): Promise<void> {
  const root = join(folder, 'frameworks-root');
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  await run('tar', ['-C', root, '-xf', (await baseLayer()).file]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--no-compile', '--break-system-packages'];
  await run('chroot', [root, 'python3', ...pip, ...requirements], { maxBuffer: 1 << 26 });
  await tar(root, file, []);
  await rm(root, { recursive: true, force: true });
}

interface Layer {
  readonly file: string;
  readonly digest: string;
}

async function baseLayer(): Promise<Layer> {
  const file = join(folder, 'base.tar');
  if (!existsSync(file)) {
    const root = join(folder, 'base-root');
    await rm(root, { recursive: true, force: true });
    await run('debootstrap', ['--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', root], {
      maxBuffer: 1 << 28,
    });
    // The machine's own certificates, for what is installed inside.
    await cp('/etc/ssl/certs/ca-certificates.crt', join(root, 'etc/ssl/certs/ca-certificates.crt'));
    await cp('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true });
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--break-system-packages'];
    await run('chroot', [root, 'python3', ...pip, numpy], { maxBuffer: 1 << 26 });
    const without = ['./var/cache', './var/lib/apt/lists', './usr/share/doc', './usr/share/man', './dev'];
    await tar(
      root,
      file,
      without.flatMap((path) => ['--exclude', path]),
    );
    await rm(root, { recursive: true, force: true });
  }
  return { file, digest: await sha256(file) };
}

async function layer(name: string, fill: (root: string) => Promise<void>): Promise<Layer> {
  const root = join(folder, `${name}-root`);
  const file = join(folder, `${name}.tar`);
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  await fill(root);
  await tar(root, file, ['--owner=0', '--group=0', '--sort=name', '--mtime=@0']);
  await rm(root, { recursive: true, force: true });
  return { file, digest: await sha256(file) };
}

async function archiveOf(images: readonly { name: string; layers: readonly Layer[] }[], file: string): Promise<string> {
  const root = join(folder, `${file}-root`);
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  const manifest = [];
  for (const { name, layers } of images) {
    const short = name.replace(/[^a-z]/g, '-');
    const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'PYTHONDONTWRITEBYTECODE=1'];
    const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) };
    await writeFile(
      join(root, `${short}.json`),
      JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Env: env, User: '65532:65532' }, rootfs }),
    );
    for (const { file, digest } of layers) {
      if (!existsSync(join(root, `${digest}.tar`))) await run('ln', [file, join(root, `${digest}.tar`)]);
    }
    manifest.push({ Config: `${short}.json`, RepoTags: [name], Layers: layers.map(({ digest }) => `${digest}.tar`) });
  }
  await writeFile(join(root, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(folder, file);
  await tar(root, archive, []);
  await rm(root, { recursive: true, force: true });
  return archive;
}

async function tar(root: string, file: string, options: readonly string[]): Promise<void> {
  await run('tar', ['-C', root, ...options, '-cf', `${file}.part`, '.']);
  await rename(`${file}.part`, file);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
