// schemas/json: a JSON Schema for each contract that is read outside of TypeScript: by Python, by editors, by tools.
import { z } from 'zod';
import * as errors from '../../schemas/errors.ts';
import * as events from '../../schemas/events.ts';
import * as frames from '../../schemas/frames.ts';
import { Scenario } from '../../schemas/scenario.ts';
import { Manifest } from '../../schemas/manifest.ts';
import * as platform from '../../schemas/platform.ts';
import { NodeView, ReplicaView, TaskView, VersionView } from '../../schemas/tasks.ts';
import * as worker from '../../schemas/worker.ts';
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
  Scenario,
  TaskView,
  VersionView,
  ReplicaView,
  NodeView,
};

export function jsonSchemas(): readonly GeneratedFile[] {
  const schemas = Object.entries(contracts).flatMap(([name, schema]) => {
    if (!(schema instanceof z.ZodType)) return [];
    // A manifest or a scenario is described as the user writes it, before defaults; all else as it is sent, after them.
    const io = schema === Manifest || schema === Scenario ? 'input' : 'output';
    const id = kebab(name);
    const body = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: allowUnknownFields });
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
