// What `slipway check` finds, shown where it is: when a file of a service is opened, saved or read again, one check a service at a
// time. Nothing of the service is run; in a workspace that is not trusted not even that.
import {
  Diagnostic,
  DiagnosticSeverity,
  l10n,
  languages,
  Range,
  Uri,
  workspace,
  type Disposable,
  type LogOutputChannel,
  type TextDocument,
} from 'vscode';
import { z } from 'zod';
import { toSlipwayError } from '../../emulator/client/edge.ts';
import { Finding, type Fix } from '../../schemas/finding.ts';
import { asSentence, hintText, reasonText } from '../../schemas/reason-text.ts';
import { runVerb } from '../platforms/command-line.ts';
import type { Service } from '../services/service.ts';
import type { Services } from '../services/services.ts';
import { isWithin } from '../services/within.ts';
import type { KnownTargets } from './targets.ts';

const Checked = z.object({ ok: z.boolean(), findings: z.array(Finding) });

/** Saves come in bursts: of an editor that saves all, of a tool that writes many files. */
const settleMs = 300;

interface Pending {
  timer: NodeJS.Timeout | undefined;
  running: boolean;
  again: boolean;
}

export interface ProblemsOptions {
  readonly services: Services;
  readonly targets: KnownTargets;
  readonly output: LogOutputChannel;
}

export class Problems implements Disposable {
  readonly #diagnostics = languages.createDiagnosticCollection('slipway');
  readonly #services: Services;
  readonly #targets: KnownTargets;
  readonly #output: LogOutputChannel;
  /** What ends a problem, by the problem. */
  readonly #fixes = new Map<string, Fix>();
  readonly #locks = workspace.createFileSystemWatcher('**/slipway.lock');
  readonly #pending = new Map<string, Pending>();
  readonly #subscriptions: readonly { dispose(): unknown }[];

  constructor({ services, targets, output }: ProblemsOptions) {
    this.#services = services;
    this.#targets = targets;
    this.#output = output;
    const lookAt = (uri: Uri): void => {
      const service = uri.scheme === 'file' ? services.of(uri) : undefined;
      if (service !== undefined) this.check(service);
    };
    const look = ({ uri }: TextDocument): void => lookAt(uri);
    this.#subscriptions = [
      this.#diagnostics,
      workspace.onDidSaveTextDocument(look),
      workspace.onDidOpenTextDocument(look),
      // Read again from the disk, where another program has changed it.
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (!document.isDirty && contentChanges.length > 0) look(document);
      }),
      services.onDidRead((service) => this.check(service)),
      services.onDidChange(() => this.#forgetGone()),
      targets.onDidChange(() => services.all.forEach((service) => this.check(service))),
      this.#locks,
      this.#locks.onDidCreate(lookAt),
      this.#locks.onDidChange(lookAt),
      this.#locks.onDidDelete(lookAt),
    ];
  }

  /** Checks a service soon, and once more when it is asked for meanwhile. */
  check(service: Service): void {
    if (!workspace.isTrusted) return;
    const key = service.folder.toString();
    const pending = this.#pending.get(key) ?? { timer: undefined, running: false, again: false };
    this.#pending.set(key, pending);
    if (pending.running) {
      pending.again = true;
      return;
    }
    clearTimeout(pending.timer);
    pending.timer = setTimeout(() => void this.#run(service, pending), settleMs);
  }

  /** What ends a problem that was shown. */
  fixOf(uri: Uri, diagnostic: Diagnostic): Fix | undefined {
    return this.#fixes.get(keyOf(uri, diagnostic));
  }

  dispose(): void {
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    for (const one of this.#subscriptions) one.dispose();
  }

  async #run(service: Service, pending: Pending): Promise<void> {
    pending.running = true;
    try {
      const findings = await this.#findings(service);
      // It may have gone while it was checked.
      if (this.#services.of(service.manifest) !== undefined) this.#show(service, findings);
    } catch (error) {
      this.#output.warn(`${service.name} could not be checked: ${toSlipwayError(error).message}`);
    }
    pending.running = false;
    if (pending.again) {
      pending.again = false;
      this.check(service);
    }
  }

  /** What keeps it from being compared with where it may run is no reason to say nothing of it. */
  async #findings({ name, folder }: Service): Promise<readonly Finding[]> {
    const check = async (targets: readonly string[]): Promise<readonly Finding[]> => {
      const words = ['check', folder.fsPath, ...targets.flatMap((target) => ['--target', target])];
      return (await runVerb(words, Checked, { accept: 'any exit' })).findings.filter(isOfUse);
    };
    try {
      return await check(['local', ...this.#targets.files]);
    } catch (error) {
      this.#output.warn(`${name} could not be compared with where it may run: ${toSlipwayError(error).message}`);
      return check([]);
    }
  }

  #show(service: Service, findings: readonly Finding[]): void {
    this.#forget(service.folder);
    const byFile = new Map<string, Diagnostic[]>();
    for (const found of findings) {
      const { file, diagnostic } = shownAs(found);
      const uri = file === '.' ? service.manifest : Uri.joinPath(service.folder, ...file.split('/'));
      byFile.set(uri.toString(), [...(byFile.get(uri.toString()) ?? []), diagnostic]);
      if (found.fix !== undefined) this.#fixes.set(keyOf(uri, diagnostic), found.fix);
    }
    for (const [uri, diagnostics] of byFile) this.#diagnostics.set(Uri.parse(uri), diagnostics);
  }

  #forget(folder: Uri): void {
    this.#drop((uri) => isWithin(uri.path, folder.path));
  }

  #forgetGone(): void {
    this.#drop((uri) => this.#services.of(uri) === undefined);
  }

  #drop(isOver: (uri: Uri) => boolean): void {
    this.#diagnostics.forEach((uri, diagnostics) => {
      if (!isOver(uri)) return;
      for (const diagnostic of diagnostics) this.#fixes.delete(keyOf(uri, diagnostic));
      this.#diagnostics.delete(uri);
    });
  }
}

/** An emulated node may have the GPU that this machine lacks, and a container the Debian packages. */
function isOfUse({ target, code, fix }: Finding): boolean {
  return target !== 'local' || code !== 'target_mismatch' || fix !== undefined;
}

function keyOf(uri: Uri, { message, range: { start } }: Diagnostic): string {
  return `${uri.toString()}:${String(start.line)}:${String(start.character)}:${message}`;
}

/** A problem that ends with an edit is shown where that edit is made, and tells of the file that it was found in. */
function shownAs(found: Finding): { readonly file: string; readonly diagnostic: Diagnostic } {
  const edit = found.fix === undefined || found.fix.kind === 'lock' ? undefined : found.fix.edit;
  const { file, line = 1, column, old } = edit ?? { ...found, old: '' };
  const start = Math.max(0, (column ?? 1) - 1);
  // Of what is put in somewhere, the whole line.
  const isWhole = column === undefined || (edit !== undefined && old === '');
  const range = new Range(
    line - 1,
    isWhole ? 0 : start,
    line - 1,
    isWhole ? maxColumn : start + Math.max(1, old.length),
  );
  const where = file === found.file || found.file === '.' ? '' : `${found.file}: `;
  const diagnostic = new Diagnostic(
    range,
    `${where}${asSentence(reasonText(found, l10n))} ${hintText(found, l10n)}`,
    levelOf(found),
  );
  diagnostic.source = 'Slipway';
  diagnostic.code = found.code;
  return { file, diagnostic };
}

const maxColumn = Number.MAX_SAFE_INTEGER;

/** What keeps it from running elsewhere does not keep it from running here. */
function levelOf({ severity, target }: Finding): DiagnosticSeverity {
  const isElsewhere = target !== undefined && target !== 'local';
  if (severity === 'error') return isElsewhere ? DiagnosticSeverity.Warning : DiagnosticSeverity.Error;
  return isElsewhere ? DiagnosticSeverity.Information : DiagnosticSeverity.Warning;
}
