// What the editor reads of the extension: `contributes` of package.json and its texts, from src/contributions.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandId, commands, settingSection, viewContainer, views, walkthroughId } from '../../src/contributions.ts';
import type { CommandDefinition, CommandName, Words } from '../../src/contributions.ts';
import { debugFields, debugType } from '../../src/contributions/debugger.ts';
import { keyBindings } from '../../src/contributions/keys.ts';
import { menus } from '../../src/contributions/menus.ts';
import { settingDefinitions } from '../../src/contributions/settings.ts';
import { walkthroughDescription, walkthroughSteps, walkthroughTitle } from '../../src/contributions/walkthrough.ts';
import { welcomes } from '../../src/contributions/welcome.ts';
import { jsonFile } from './json-schemas.ts';
import type { GeneratedFile } from './generated-file.ts';

/** Texts of the manifest, each under a key, in both languages. */
class Texts {
  readonly #texts = new Map<string, Words>();

  add(key: string, words: Words): string {
    this.#texts.set(key, words);
    return `%${key}%`;
  }

  files(): readonly GeneratedFile[] {
    const of = (language: keyof Words): Record<string, string> =>
      Object.fromEntries([...this.#texts].map(([key, words]) => [key, words[language]]));
    return [jsonFile('package.nls.json', of('en')), jsonFile('package.nls.zh-cn.json', of('zh'))];
  }
}

/** package.json with what is generated in it, and the texts that it names. */
export function extensionManifest(root: string): readonly GeneratedFile[] {
  const texts = new Texts();
  const before = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const after = {
    ...before,
    description: texts.add('description', {
      en: 'From a Python inference class to a served, balanced, observable service: the same platform on the laptop and on a cluster.',
      zh: '从一个 Python 推理类到可服务、可均衡、可观测的在线服务：笔记本与集群上是同一个平台。',
    }),
    capabilities: {
      untrustedWorkspaces: {
        supported: 'limited',
        description: texts.add('untrusted', {
          en: 'Tasks and platforms are shown. Nothing of the workspace is run or imported.',
          zh: '会显示任务与平台。工作区中的任何内容都不会被运行或导入。',
        }),
        restrictedConfigurations: restrictedSettings,
      },
      virtualWorkspaces: {
        supported: 'limited',
        description: texts.add('virtual', {
          en: 'Remote platforms can be used. Services need a folder on a disk.',
          zh: '可以使用远程平台。服务需要磁盘上的文件夹。',
        }),
      },
    },
    contributes: contributes(texts),
  };
  return [jsonFile('package.json', after), ...texts.files()];
}

function contributes(texts: Texts): unknown {
  const rows = Object.entries(commands) as [CommandName, CommandDefinition][];
  return {
    commands: rows.map(([name, { title, icon, enablement }]) => ({
      command: commandId(name),
      category: 'Slipway',
      title: texts.add(`command.${name}`, title),
      ...(icon === undefined ? {} : { icon: `$(${icon})` }),
      ...(enablement === undefined ? {} : { enablement }),
    })),
    menus: {
      commandPalette: rows
        .filter(([, { palette }]) => palette === false)
        .map(([name]) => ({ command: commandId(name), when: 'false' })),
      ...Object.fromEntries(
        Object.entries(menus).map(([place, entries]) => [
          place,
          entries.map(({ command, when, group }) => ({ command: commandId(command), when, group })),
        ]),
      ),
    },
    keybindings: keyBindings.map(({ command, ...binding }) => ({ command: commandId(command), ...binding })),
    viewsContainers: { activitybar: [{ id: viewContainer, title: 'Slipway', icon: 'media/slipway.svg' }] },
    views: {
      [viewContainer]: Object.entries(views).map(([key, { id, name, share }]) => ({
        id,
        name: texts.add(`view.${key}`, name),
        icon: 'media/slipway.svg',
        initialSize: share,
      })),
    },
    viewsWelcome: welcomes.map(({ view, when, contents }, index) => ({
      view,
      when,
      contents: texts.add(`welcome.${String(index + 1)}`, contents),
    })),
    walkthroughs: [
      {
        id: walkthroughId,
        title: texts.add('walkthrough.title', walkthroughTitle),
        description: texts.add('walkthrough.description', walkthroughDescription),
        steps: walkthroughSteps.map(({ id, title, description, command, media }) => ({
          id,
          title: texts.add(`walkthrough.${id}.title`, title),
          description: texts.add(`walkthrough.${id}.description`, description),
          media: { svg: media, altText: texts.add(`walkthrough.${id}.title`, title) },
          completionEvents: [`onCommand:${commandId(command)}`],
        })),
      },
    ],
    debuggers: [
      {
        type: debugType,
        label: 'Slipway',
        languages: ['python'],
        configurationAttributes: Object.fromEntries(
          Object.entries(debugFields).map(([request, fields]) => [
            request,
            {
              properties: Object.fromEntries(
                Object.entries(fields).map(([name, { description, ...field }]) => [
                  name,
                  { ...field, description: texts.add(`debug.${name}`, description) },
                ]),
              ),
            },
          ]),
        ),
      },
    ],
    // Without another extension, Python files would take no breakpoints.
    breakpoints: [{ language: 'python' }],
    jsonValidation: [{ fileMatch: 'slipway.json', url: './schemas/json/manifest.json' }],
    snippets: [{ language: 'python', path: './snippets/python.json' }],
    configuration: {
      title: 'Slipway',
      properties: Object.fromEntries(
        Object.entries(settingDefinitions).map(([key, { type, default: value, scope, description }]) => [
          `${settingSection}.${key}`,
          { type, default: value, scope, markdownDescription: texts.add(`setting.${key}`, description) },
        ]),
      ),
    },
  };
}

/** Settings that a workspace which is not trusted cannot set. */
export const restrictedSettings: readonly string[] = Object.entries(settingDefinitions)
  .filter(([, { restricted }]) => restricted)
  .map(([key]) => `${settingSection}.${key}`);
