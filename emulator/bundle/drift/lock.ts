// The lock of a service: what is in the environment of its requirements.
import { z } from 'zod';
import { Lock } from '../../../schemas/target.ts';
import { SlipwayError } from '../../common/errors.ts';
import { archiveHashes } from '../archive-hashes.ts';
import { readManifest } from '../manifest.ts';
import { normalName, parseRequirement, resolveRequirements } from '../requirements.ts';
import { runProcess } from '../run-process.ts';

const timeoutMs = 30_000;
const maxOutputBytes = 8 * 1024 * 1024;
const script = `
import json, platform, re, sys
from importlib.metadata import distributions
found = {}
for d in distributions():
    name = d.metadata["Name"]
    if name:
        needs = [each for each in d.requires or [] if "extra ==" not in each]
        found.setdefault(name, [d.version, [re.match(r"[A-Za-z0-9._-]+", each).group() for each in needs]])
about = {"python": platform.python_version(), "system": sys.platform, "machine": platform.machine()}
print(json.dumps({**about, "packages": found}))
`;
const Told = Lock.pick({ python: true, system: true, machine: true }).extend({
  packages: z.record(z.string(), z.tuple([z.string(), z.array(z.string())])),
});
/** What environments are made with; no service has it unless something asks for it. */
const tools: ReadonlySet<string> = new Set(['pip', 'setuptools', 'wheel']);

/** @param python the interpreter of the service's environment. @throws environment_failed when it does not answer */
export async function lockOf(
  folder: string,
  python: string,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Lock> {
  const requirements = await resolveRequirements(folder, await readManifest(folder));
  const result = await runProcess(python, ['-I', '-c', script], { timeoutMs, maxOutputBytes, env, signal });
  const told = Told.safeParse(result.kind === 'ended' ? parseJson(result.stdout) : undefined);
  if (!told.success) throw new SlipwayError('environment_failed', `${python} does not tell what it is.`);
  const { packages: found, ...about } = told.data;
  const asked = requirements.map((text) => parseRequirement(text, text).name);
  const packages = packagesOf(found, asked);
  const hashes = await archiveHashes({ python, packages, env, signal });
  return { format: 1, ...about, requirements, packages, ...(hashes === undefined ? {} : { hashes }) };
}

/** Normalised name to version, in order. */
function packagesOf(
  found: Readonly<Record<string, readonly [version: string, needs: readonly string[]]>>,
  asked: readonly string[],
): Record<string, string> {
  const all = Object.entries(found).map(([name, [version, needs]]) => ({ name: normalName(name), version, needs }));
  const services = all.filter(({ name }) => !tools.has(name));
  const needed = new Set([...asked, ...services.flatMap(({ needs }) => needs.map(normalName))]);
  const kept = all.filter(({ name }) => !tools.has(name) || needed.has(name));
  return Object.fromEntries(
    kept.map(({ name, version }): [string, string] => [name, version]).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
