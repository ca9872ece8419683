// What F5 means with no launch.json, and what a written configuration leaves open.
import {
  l10n,
  window,
  type CancellationToken,
  type DebugConfiguration,
  type DebugConfigurationProvider,
  type ProviderResult,
  type WorkspaceFolder,
} from 'vscode';
import type { App } from '../app.ts';
import { chooseService, requireTrust } from '../commands/choose.ts';
import { showError } from '../commands/outcome.ts';
import { debugType } from '../contributions/debugger.ts';
import type { Service } from '../services/service.ts';
import type { Plans } from './plans.ts';

export function configurationOf(service: Service): DebugConfiguration {
  return {
    type: debugType,
    request: 'launch',
    name: l10n.t('Slipway: Debug {0}', service.name),
    service: service.folder.fsPath,
  };
}

export class DebugConfigurations implements DebugConfigurationProvider {
  readonly #app: App;
  readonly #plans: Plans;

  constructor(app: App, plans: Plans) {
    this.#app = app;
    this.#plans = plans;
  }

  provideDebugConfigurations(): ProviderResult<DebugConfiguration[]> {
    return this.#app.services.all.map(configurationOf);
  }

  /** @returns undefined when there is nothing to debug; why was shown then */
  async resolveDebugConfiguration(
    _folder: WorkspaceFolder | undefined,
    configuration: DebugConfiguration,
    _token?: CancellationToken,
  ): Promise<DebugConfiguration | undefined> {
    try {
      requireTrust();
      const named = configuration['service'] !== undefined || configuration['task'] !== undefined;
      if (named || configuration['batch'] !== undefined) return configuration;
      const open = window.activeTextEditor?.document.uri;
      const here = open === undefined ? undefined : this.#app.services.of(open);
      const service = here ?? (await chooseService(this.#app, undefined, l10n.t('Service to debug')));
      return { ...configurationOf(service), ...configuration, type: debugType, request: 'launch' };
    } catch (error) {
      void showError(error, this.#app.output);
      return undefined;
    }
  }

  /** @returns undefined when it was cancelled, or cannot be; why was shown then, and nothing has begun */
  async resolveDebugConfigurationWithSubstitutedVariables(
    _folder: WorkspaceFolder | undefined,
    configuration: DebugConfiguration,
  ): Promise<DebugConfiguration | undefined> {
    try {
      return await this.#plans.prepare(configuration);
    } catch (error) {
      void showError(error, this.#app.output);
      return undefined;
    }
  }
}
