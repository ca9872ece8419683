// The base image of the container tests: Debian with Python, made by debootstrap once and kept in .build/docker.
import { execFile } from 'node:child_process';
import { copyFileSync, createReadStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { packageRoot } from '../../emulator/common/assets.ts';
import { randomHex } from '../../emulator/common/random.ts';

const run = promisify(execFile);
const folder = join(packageRoot, '.build', 'docker');
const certificates = '/etc/ssl/certs/ca-certificates.crt';

export interface BaseRecipe {
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
}

/** What the tests use in place of the public Python images. */
export const pythonBase: BaseRecipe = {
  name: 'slipway-test/python',
  suite: 'bookworm',
  packages: ['ca-certificates', 'python3-minimal', 'python3-venv', 'python3-pip'],
};

/** The last Debian with Caffe, and Caffe in it: what the image for services of that framework becomes. */
export const caffeBase: BaseRecipe = {
  name: 'slipway-test/caffe',
  suite: 'bullseye',
  packages: ['ca-certificates', 'python3-minimal', 'python3-caffe'],
};

/** The image of the recipe in this Engine; its files are made on the first use of all. */
export async function baseImage(docker: Docker, recipe: BaseRecipe): Promise<string> {
  const reference = `${recipe.name}:${recipe.suite}`;
  const tar = await baseArchive(recipe);
  const stream = await docker.importImage(createReadStream(tar), {
    fromSrc: '-',
    repo: recipe.name,
    tag: recipe.suite,
  });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
  });
  return reference;
}

/** Two runs that make it at once do it twice, and the last one stays. */
async function baseArchive({ name, suite, packages }: BaseRecipe): Promise<string> {
  const tar = join(folder, `${name.replace('/', '-')}-${suite}.tar`);
  if (existsSync(tar)) return tar;
  mkdirSync(folder, { recursive: true });
  const root = join(folder, `root-${randomHex(4)}`);
  try {
    const options = ['--variant=minbase', `--include=${packages.join(',')}`];
    await run('debootstrap', [...options, suite, root], { maxBuffer: 64 * 1024 * 1024 });
    // A machine behind a proxy has certificates of its own, which pip needs inside too.
    if (existsSync(certificates)) copyFileSync(certificates, join(root, certificates));
    for (const dropped of ['var/cache/apt/archives', 'var/lib/apt/lists']) {
      rmSync(join(root, dropped), { recursive: true, force: true });
      mkdirSync(join(root, dropped, 'partial'), { recursive: true });
    }
    const part = `${tar}.${randomHex(4)}`;
    await run('tar', ['-C', root, '-cf', part, '.']);
    renameSync(part, tar);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return tar;
}
