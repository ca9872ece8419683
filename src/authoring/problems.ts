// What `slipway check` finds, shown where it is: when a file of a service is opened, saved or read again, one check a service at a
// time. Nothing of the service is run; in a workspace that is not trusted not even that.
import {
  Diagnostic,
  DiagnosticSeverity,
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
import { runVerb } from '../platforms/command-line.ts';
import type { Service } from '../services/service.ts';
import type { Services } from '../services/services.ts';

const Checked = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({
      severity: z.enum(['error', 'warning']),
      code: z.string(),
      message: z.string(),
      hint: z.string(),
      file: z.string(),
      line: z.int().optional(),
      column: z.int().optional(),
    }),
  ),
});
type Finding = z.infer<typeof Checked>['findings'][number];

/** Saves come in bursts: of an editor that saves all, of a tool that writes many files. */
const settleMs = 300;

interface Pending {
  timer: NodeJS.Timeout | undefined;
  running: boolean;
  again: boolean;
}

export class Problems implements Disposable {
  readonly #diagnostics = languages.createDiagnosticCollection('slipway');
  readonly #services: Services;
  readonly #output: LogOutputChannel;
  readonly #pending = new Map<string, Pending>();
  readonly #subscriptions: readonly { dispose(): unknown }[];

  constructor(services: Services, output: LogOutputChannel) {
    this.#services = services;
    this.#output = output;
    const look = (document: TextDocument): void => {
      const service = document.uri.scheme === 'file' ? services.of(document.uri) : undefined;
      if (service !== undefined) this.check(service);
    };
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

  dispose(): void {
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    for (const one of this.#subscriptions) one.dispose();
  }

  async #run(service: Service, pending: Pending): Promise<void> {
    pending.running = true;
    try {
      const { findings } = await runVerb(['check', service.folder.fsPath], Checked, { accept: 'any exit' });
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

  #show(service: Service, findings: readonly Finding[]): void {
    this.#forget(service.folder);
    const byFile = new Map<string, Diagnostic[]>();
    for (const found of findings) {
      const uri = found.file === '.' ? service.manifest : Uri.joinPath(service.folder, ...found.file.split('/'));
      const diagnostics = byFile.get(uri.toString()) ?? [];
      diagnostics.push(diagnosticOf(found));
      byFile.set(uri.toString(), diagnostics);
    }
    for (const [uri, diagnostics] of byFile) this.#diagnostics.set(Uri.parse(uri), diagnostics);
  }

  #forget(folder: Uri): void {
    this.#diagnostics.forEach((uri) => {
      if (uri.path.startsWith(`${folder.path}/`)) this.#diagnostics.delete(uri);
    });
  }

  #forgetGone(): void {
    this.#diagnostics.forEach((uri) => {
      if (this.#services.of(uri) === undefined) this.#diagnostics.delete(uri);
    });
  }
}

function diagnosticOf({ severity, code, message, hint, line = 1, column }: Finding): Diagnostic {
  const start = Math.max(0, (column ?? 1) - 1);
  const range = new Range(line - 1, start, line - 1, column === undefined ? Number.MAX_SAFE_INTEGER : start + 1);
  const level = severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
  // A message is not always a sentence; what to do is one of its own.
  const diagnostic = new Diagnostic(range, `${/[.!?]$/.test(message) ? message : `${message}.`} ${hint}`, level);
  diagnostic.source = 'Slipway';
  diagnostic.code = code;
  return diagnostic;
}
