// Over the inference class: what one does with it.
import { CodeLens, EventEmitter, l10n, Range, type CodeLensProvider, type TextDocument } from 'vscode';
import { commandId, type CommandName } from '../contributions.ts';
import type { RunningServices } from '../services/running.ts';
import type { Services } from '../services/services.ts';
import { isSamePath } from '../services/within.ts';
import { findClassLine } from './class-line.ts';

export class ServiceLenses implements CodeLensProvider {
  readonly #changed = new EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #services: Services;
  readonly #running: RunningServices;

  constructor(services: Services, running: RunningServices) {
    this.#services = services;
    this.#running = running;
    services.onDidChange(() => this.#changed.fire());
    running.onDidChange(() => this.#changed.fire());
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    const service = this.#services.of(document.uri);
    if (service?.main === undefined || !isSamePath(service.main.path, document.uri.path)) return [];
    const found = findClassLine(document.getText(), service.className);
    if (found === undefined) return [];
    const range = new Range(found.line, 0, found.line, 0);
    const lens = (title: string, name: CommandName): CodeLens =>
      new CodeLens(range, { title, command: commandId(name), arguments: [service] });
    const runs = this.#running.stateOf(service.folder) !== undefined;
    return [
      runs ? lens(`$(debug-stop) ${l10n.t('Stop')}`, 'stopRunning') : lens(`$(play) ${l10n.t('Run')}`, 'runLocally'),
      lens(`$(debug-alt) ${l10n.t('Debug')}`, 'debugService'),
      lens(`$(send) ${l10n.t('Call with Sample')}`, 'callWithSample'),
    ];
  }
}
