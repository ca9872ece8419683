// The digests of the archives of packages, asked of the installer that would install them: uv knows those of an index for
// all machines, pip those of the archives for this one.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { findUv } from './find-uv.ts';
import { normalName } from './requirements.ts';
import { runProcess } from './run-process.ts';

export type ArchiveHashes = Readonly<Record<string, string[]>>;

const timeoutMs = 300_000;
const maxOutputBytes = 16 * 1024 * 1024;

const Report = z.object({
  install: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      download_info: z.object({ archive_info: z.object({ hashes: z.record(z.string(), z.string()) }).optional() }),
    }),
  ),
});

export interface HashesOptions {
  readonly python: string;
  /** Normalised name to version. */
  readonly packages: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** By normalised name; undefined when the installer does not tell those of all packages. */
export async function archiveHashes(options: HashesOptions): Promise<ArchiveHashes | undefined> {
  const { python, packages, env, signal } = options;
  const folder = await mkdtemp(join(tmpdir(), 'slipway-lock-'));
  try {
    const list = join(folder, 'requirements.txt');
    const report = join(folder, 'report');
    await writeFile(
      list,
      Object.entries(packages)
        .map(([name, version]) => `${name}==${version}\n`)
        .join(''),
    );
    const uv = findUv(env);
    const [program, ...words] =
      uv === undefined
        ? [python, '-m', 'pip', 'install', ...pipFlags, '--report', report, '-r', list]
        : [uv, 'pip', 'compile', ...uvFlags, '--python', python, '-o', report, list];
    const result = await runProcess(program, words, { timeoutMs, maxOutputBytes, env, signal });
    if (result.kind !== 'ended' || result.why !== undefined) return undefined;
    const text = await readFile(report, 'utf8');
    const hashes = uv === undefined ? fromReport(text) : fromCompiled(text);
    return Object.keys(packages).every((name) => hashes[name] !== undefined) ? hashes : undefined;
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const pipFlags = [
  '--quiet',
  '--disable-pip-version-check',
  '--no-input',
  '--dry-run',
  '--ignore-installed',
  '--no-deps',
];
const uvFlags = ['--quiet', '--no-progress', '--no-header', '--no-annotate', '--no-deps', '--generate-hashes'];

function fromReport(text: string): ArchiveHashes {
  const found: Record<string, string[]> = {};
  for (const { metadata, download_info } of Report.parse(JSON.parse(text)).install) {
    const sha256 = download_info.archive_info?.hashes['sha256'];
    if (sha256 !== undefined) found[normalName(metadata.name)] = [`sha256:${sha256}`];
  }
  return found;
}

/** Lines such as `name==1.0 \`, each followed by lines such as `    --hash=sha256:… \`. */
function fromCompiled(text: string): ArchiveHashes {
  const found: Record<string, string[]> = {};
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const name = /^([A-Za-z0-9._-]+)(?:==| @ )/.exec(line)?.[1];
    const hashes = [...line.matchAll(/--hash=(sha256:[0-9a-f]{64})/g)].map(([, hash]) => hash!);
    if (name !== undefined && hashes.length > 0) found[normalName(name)] = hashes;
  }
  return found;
}
