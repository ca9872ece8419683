// Whether a parsed main file has the one class that a worker would choose, and whether its methods fit.
import type { Manifest } from '../../schemas/manifest.ts';
import type { Inspection } from '../../schemas/worker.ts';
import { finding, type Finding } from './finding.ts';
import { isLocalModule } from './preload.ts';

type Class = Inspection['classes'][number];
type Method = NonNullable<Class['execute']>;

/** A class with what it has from the classes above it in the same file. */
interface Resolved {
  readonly own: Class;
  readonly loadModel: Method | undefined;
  readonly execute: Method | undefined;
  /** It has a base class of another file, which may bring any method. */
  readonly open: boolean;
  readonly ancestors: ReadonlySet<string>;
}

const signatures = { loadModel: 'load_model(self)', execute: 'execute(self, data, batch_size)' } as const;

/** Everything that keeps the main file from being a service. @param paths of the bundle */
export function classFindings(inspection: Inspection, manifest: Manifest, paths: readonly string[]): Finding[] {
  const at = manifest.main ?? '';
  if (inspection.syntaxError !== undefined) {
    const { line, column, message } = inspection.syntaxError;
    return [finding('source_invalid', message, at, { line, column })];
  }
  const classes = inspection.classes.map((each) => resolve(each, inspection.classes));
  const chosen = manifest.class === undefined ? choose(classes, at) : named(classes, manifest.class, at);
  if ('own' in chosen) return methodFindings(chosen, at);
  // A main file may only import its class; then nobody knows before it runs.
  const elsewhere = inspection.imports.some((module) => isLocalModule(module, manifest, paths));
  const severity = elsewhere && chosen.code === 'class_not_found' && chosen.line === undefined ? 'warning' : 'error';
  return [{ ...chosen, severity }];
}

function resolve(own: Class, all: readonly Class[], seen: readonly string[] = []): Resolved {
  const above = own.bases
    .map((base) => all.find(({ name }) => name === base))
    .filter((base) => base !== undefined && base !== own && !seen.includes(base.name))
    .map((base) => resolve(base!, all, [...seen, own.name]));
  const foreign = own.bases.filter((base) => base !== 'object' && !all.some(({ name }) => name === base));
  return {
    own,
    loadModel: own.loadModel ?? above.find(({ loadModel }) => loadModel !== undefined)?.loadModel,
    execute: own.execute ?? above.find(({ execute }) => execute !== undefined)?.execute,
    open: foreign.length > 0 || above.some(({ open }) => open),
    ancestors: new Set(above.flatMap((base) => [base.own.name, ...base.ancestors])),
  };
}

function named(classes: readonly Resolved[], name: string, at: string): Resolved | Finding {
  const found = classes.find(({ own }) => own.name === name);
  if (found !== undefined) return found;
  const names = classes.map(({ own }) => own.name).join(', ');
  return finding('class_not_found', `expected a class ${name}, found ${names === '' ? 'none' : names}`, at);
}

/** As a worker chooses: the one with both methods; a class gives way to those made of it. */
function choose(classes: readonly Resolved[], at: string): Resolved | Finding {
  const whole = classes.filter(({ loadModel, execute }) => loadModel !== undefined && execute !== undefined);
  const last = whole.filter(({ own }) => !classes.some(({ ancestors }) => ancestors.has(own.name)));
  const [one, second] = last.length > 0 ? last : whole;
  if (second !== undefined) {
    return finding('class_not_found', `expected one class with load_model and execute, found ${namesOf(last)}`, at, {
      line: second.own.line,
      hint: 'Name the one to serve with "class" in slipway.json.',
    });
  }
  if (one !== undefined) return one;
  const half = classes.filter(({ loadModel, execute }) => loadModel !== undefined || execute !== undefined);
  const open = half.find((each) => each.open) ?? (half.length === 0 ? classes.find(isOfFramework) : undefined);
  if (open !== undefined) return open;
  const [nearest] = half;
  if (nearest !== undefined) {
    const lacking = signatures[nearest.execute === undefined ? 'execute' : 'loadModel'];
    return finding('class_not_found', `${nearest.own.name} has no method ${lacking}`, at, { line: nearest.own.line });
  }
  const found = classes.length === 0 ? 'no class' : namesOf(classes);
  return finding('class_not_found', `expected a class with load_model and execute, found ${found}`, at);
}

/** Made from a class of the SDK, such as KerasService, which brings both methods. */
function isOfFramework({ own, open }: Resolved): boolean {
  return open && own.bases.some((base) => /\wService$/.test(base));
}

function namesOf(classes: readonly Resolved[]): string {
  return classes.map(({ own }) => own.name).join(', ');
}

function methodFindings(service: Resolved, at: string): Finding[] {
  return (['loadModel', 'execute'] as const).flatMap((key) => {
    const method = service[key];
    if (method?.problem !== undefined) {
      return [finding('class_signature', `${service.own.name}: ${method.problem}`, at, { line: method.line })];
    }
    if (method !== undefined || service.open) return [];
    const message = `${service.own.name} has no method ${signatures[key]}`;
    return [finding('class_not_found', message, at, { line: service.own.line })];
  });
}
