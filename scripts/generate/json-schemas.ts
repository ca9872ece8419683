// schemas/json: a JSON Schema for each contract that is read outside of TypeScript: by Python, by editors, by tools.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../emulator/common/assets.ts';
import * as errors from '../../schemas/errors.ts';
import * as events from '../../schemas/events.ts';
import * as frames from '../../schemas/frames.ts';
import { Profile } from '../../schemas/profile.ts';
import { Scenario } from '../../schemas/scenario.ts';
import { Manifest } from '../../schemas/manifest.ts';
import * as platform from '../../schemas/platform.ts';
import { NodeView, ReplicaView, TaskView, VersionView } from '../../schemas/tasks.ts';
import { LoadTrace, ScalingSimulation } from '../../schemas/trace.ts';
import { Lock, Target } from '../../schemas/target.ts';
import * as worker from '../../schemas/worker.ts';
import { fieldDocs } from './field-docs.ts';
import { generatedNote, type GeneratedFile } from './generated-file.ts';

/** Every schema that these modules export; what is added there is generated without being named here. */
const contracts: Readonly<Record<string, unknown>> = {
  ...frames,
  ...worker,
  ...events,
  ...platform,
  Reason: errors.Reason,
  ErrorBody: errors.ErrorBody,
  Manifest,
  Profile,
  Scenario,
  LoadTrace,
  ScalingSimulation,
  Target,
  Lock,
  TaskView,
  VersionView,
  ReplicaView,
  NodeView,
};

const written: ReadonlySet<unknown> = new Set([Manifest, Target, Profile, Scenario, LoadTrace]);

export function jsonSchemas(): readonly GeneratedFile[] {
  const schemas = Object.entries(contracts).flatMap(([name, schema]) => {
    if (!(schema instanceof z.ZodType)) return [];
    // What users write is described as they write it, before defaults; all else as it is sent, after them.
    const io = written.has(schema) ? 'input' : 'output';
    const id = kebab(name);
    const body = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: allowUnknownFields });
    if (schema === Manifest) describeFields(body, manifestDocs(), '');
    return [
      jsonFile(`schemas/json/${id}.json`, {
        $schema: body.$schema,
        $id: `urn:slipway:schema:${id}`,
        $comment: generatedNote,
        title: name,
        ...body,
      }),
    ];
  });
  return [...schemas, jsonFile('schemas/json/errors.json', { $comment: generatedNote, errors: errors.errorTable })];
}

function manifestDocs(): ReadonlyMap<string, string> {
  const text = (file: string): string => readFileSync(join(packageRoot, 'schemas', file), 'utf8');
  const own = text('manifest.ts');
  // Sections that are schemas of files of their own have their words there.
  const imported = [...own.matchAll(/from '\.\/(.+?\.ts)'/g)].map(([, file]) => text(file!));
  return fieldDocs([own, ...imported].join('\n'), 'Manifest');
}

/** Gives each field the words of its doc comment, for those who write the file in an editor. */
function describeFields(schema: object, docs: ReadonlyMap<string, string>, prefix: string): void {
  const { properties } = schema as {
    properties?: Record<string, { description?: string; markdownDescription?: string }>;
  };
  for (const [name, field] of Object.entries(properties ?? {})) {
    const doc = docs.get(`${prefix}${name}`);
    if (doc !== undefined) field.description ??= doc;
    // Editors show a description as it stands, and this one with its code as code.
    if (field.description?.includes('`') === true) field.markdownDescription = field.description;
    describeFields(field, docs, `${prefix}${name}.`);
  }
}

/** A reader of today takes a message of tomorrow that says more; only strict objects refuse fields. */
function allowUnknownFields({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: object }): void {
  const { def } = zodSchema._zod;
  if (def.type === 'object' && def.catchall === undefined && 'additionalProperties' in jsonSchema) {
    delete jsonSchema.additionalProperties;
  }
}

export function jsonFile(path: string, content: unknown): GeneratedFile {
  return { path, text: `${JSON.stringify(content, null, 2)}\n` };
}

function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
