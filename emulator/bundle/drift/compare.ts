// The drift gate: what differs between a service and where it is to run. Pure; every finding says both sides.
import type { Manifest } from '../../../schemas/manifest.ts';
import type { Artifact, Lock, Target } from '../../../schemas/target.ts';
import { widened } from '../fix/widen.ts';
import type { Wish } from '../fix/wish.ts';
import { lockName as lockFile } from '../lock-file.ts';
import { unmetRequirement } from '../installed.ts';
import { pythonSatisfies } from '../python-range.ts';
import { normalName, parseRequirement } from '../requirements.ts';
import { artifactFindings } from './artifacts.ts';
import { caution, major, minor, mismatch, staleLock, type Difference } from './difference.ts';

export interface ServiceFacts {
  readonly manifest: Manifest;
  /** As resolveRequirements gives them. */
  readonly requirements: readonly string[];
  readonly artifacts: readonly Artifact[];
  /** Undefined where no environment was locked. */
  readonly lock: Lock | undefined;
}

const manifestFile = 'slipway.json';
/** What installs, or helps to: its version is no matter to a service. */
const ofEveryEnvironment: ReadonlySet<string> = new Set(['setuptools', 'wheel']);

/** Errors keep a service from working there; warnings may change what it answers. */
export function compare(facts: ServiceFacts, target: Target): Difference[] {
  return [
    ...pythonFindings(facts, target),
    ...packageFindings(facts, target),
    ...lockFindings(facts, target),
    ...cudaFindings(facts, target),
    ...aptFindings(facts, target),
    ...artifactFindings(facts.artifacts, packagesThere(facts, target)).map((each) => unlessFixedThere(each, target)),
  ];
}

/** Where nothing is installed, no requirement of the service changes what it will find. */
function unlessFixedThere({ wish, ...found }: Difference, { installs }: Target): Difference {
  return wish === undefined || !installs ? found : { ...found, wish };
}

/** What the service will find: what is installed for it goes before what is there. */
export function packagesThere({ lock, requirements }: ServiceFacts, target: Target): Readonly<Record<string, string>> {
  const there = normalised(target.packages);
  if (!target.installs) return there;
  const pinned = requirements.flatMap((text) => {
    const { name, clauses } = parseRequirement(text, text);
    const exact = clauses.find(({ operator }) => operator === '==' || operator === '===');
    return exact === undefined || exact.version.endsWith('*') ? [] : [[name, exact.version] as const];
  });
  return { ...there, ...lock?.packages, ...Object.fromEntries(pinned) };
}

function pythonFindings({ manifest, lock }: ServiceFacts, target: Target): Difference[] {
  const fitting = target.python.filter((version) => pythonSatisfies(manifest.python, padded(version)));
  const found = target.python.join(', ');
  if (fitting.length === 0) {
    const message = `"python" asks for ${manifest.python}, and ${target.name} has ${found}`;
    const hint = `Widen "python", or choose a base image with Python ${manifest.python}.`;
    return [mismatch(message, hint, manifestFile, { kind: 'python', range: widened(manifest.python, target.python) })];
  }
  if (lock === undefined || fitting.some((version) => minor(version) === minor(lock.python))) return [];
  const message = `it was tried with Python ${lock.python}, and ${target.name} has ${found}`;
  return [caution(message, `Try it with Python ${fitting[0]!} too, or set "python".`, lockFile)];
}

function packageFindings({ requirements }: ServiceFacts, target: Target): Difference[] {
  const there = normalised(target.packages);
  if (!target.installs) {
    return requirements.flatMap((text) => {
      // A marker that is for another system is no requirement here; which is meant cannot be told, so a name counts.
      const bare = text.replace(/\s*;.*$/, '');
      const unmet = unmetRequirement([bare], there);
      if (unmet === undefined || (text !== bare && alternative(bare, requirements, there))) return [];
      const message = `it needs ${unmet}, and ${target.name} installs nothing`;
      const { name } = parseRequirement(bare, bare);
      return [mismatch(message, 'Put it into the base image.', manifestFile, asThere(name, there[name]))];
    });
  }
  return requirements.flatMap((text) => {
    const { name } = parseRequirement(text, text);
    const version = there[name];
    const bare = text.replace(/\s*;.*$/, '');
    if (version === undefined || unmetRequirement([bare], there) === undefined) return [];
    const message = `${target.name} has ${name} ${version}, and the service asks for ${bare}`;
    const hint = 'It is installed beside it; choose a base image with the same version to save that.';
    return [caution(message, hint, manifestFile, asThere(name, version))];
  });
}

/** The requirement by which a service gets what is there already. */
function asThere(name: string, version: string | undefined): Wish | undefined {
  return version === undefined ? undefined : { kind: 'requirement', name, exactly: version };
}

/** Whether another line of the list that differs by its marker is met: `tensorflow-cpu` here, `tensorflow` there. */
function alternative(bare: string, requirements: readonly string[], there: Readonly<Record<string, string>>): boolean {
  const stem = parseRequirement(bare, bare).name.replace(/-(?:cpu|gpu)$/, '');
  return requirements.some((other) => {
    const otherBare = other.replace(/\s*;.*$/, '');
    if (otherBare === bare) return false;
    const { name } = parseRequirement(otherBare, otherBare);
    return name.replace(/-(?:cpu|gpu)$/, '') === stem && unmetRequirement([otherBare], there) === undefined;
  });
}

function lockFindings({ lock, requirements }: ServiceFacts, target: Target): Difference[] {
  if (lock === undefined) return [];
  const found: Difference[] = [];
  if (lock.requirements.join('\n') !== requirements.join('\n')) {
    found.push(staleLock('the requirements have changed since it was locked'));
  }
  if (lock.system !== target.system || lock.machine !== target.machine) {
    const message = `it was locked on ${lock.system} ${lock.machine}, and ${target.name} is ${target.system} ${target.machine}`;
    found.push(
      caution(message, 'Other builds of the packages are used there: try the service on such a machine.', lockFile),
    );
  }
  if (target.installs) return found;
  const there = normalised(target.packages);
  for (const [name, version] of Object.entries(lock.packages)) {
    const other = there[name];
    if (ofEveryEnvironment.has(name) || other === undefined || minor(other) === minor(version)) continue;
    const message = `it was tried with ${name} ${version}, and ${target.name} has ${other}`;
    const hint = `Pin ${name}==${other} and try the service with it.`;
    found.push(caution(message, hint, lockFile, asThere(name, other)));
  }
  return found;
}

/** The libraries of CUDA in an environment, by the names that their packages have. */
const cudaPackage = /^nvidia-cuda-runtime(?:-cu(\d+))?$/;

function cudaFindings({ manifest, lock }: ServiceFacts, target: Target): Difference[] {
  if (manifest.resources.gpu === 0) return [];
  if (target.cuda === null) {
    const message = `"resources.gpu" is ${manifest.resources.gpu}, and ${target.name} has no GPU`;
    return [mismatch(message, 'Choose another target, or set "resources.gpu" to 0.', manifestFile)];
  }
  const [name, version] = Object.entries(lock?.packages ?? {}).find(([each]) => cudaPackage.test(each)) ?? [];
  if (name === undefined || version === undefined || Number(major(version)) <= Number(major(target.cuda))) return [];
  const message = `its libraries are of CUDA ${minor(version)}, and the driver of ${target.name} is for CUDA ${target.cuda}`;
  return [mismatch(message, `Use builds for CUDA ${major(target.cuda)}, or update the driver there.`, lockFile)];
}

function aptFindings({ manifest }: ServiceFacts, target: Target): Difference[] {
  if (target.installsApt ?? target.installs) return [];
  const there = new Set(target.apt.map((each) => each.replace(/=.*$/, '')));
  return manifest.apt
    .filter((each) => !there.has(each.replace(/=.*$/, '')))
    .map((each) =>
      mismatch(
        `"apt" asks for ${each}, which ${target.name} does not have`,
        'Put it into the base image.',
        manifestFile,
      ),
    );
}

function normalised(packages: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(packages).map(([name, version]) => [normalName(name), version]));
}

/** `3.11` is any release of it: the last one is meant. */
function padded(version: string): string {
  return version.split('.').length === 2 ? `${version}.99` : version;
}
