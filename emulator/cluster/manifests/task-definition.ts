// The custom resource definition of tasks, made from the schemas.
import { z } from 'zod';
import { TaskSpec, TaskStatus } from '../../../schemas/cluster.ts';

type Json = { [name: string]: unknown };

/** @returns the CustomResourceDefinition, the same at each call */
export function taskDefinition(): object {
  const opaque = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-map-type': 'atomic' };
  const column = (name: string, jsonPath: string, type = 'string'): object => ({ name, type, jsonPath });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'tasks.slipway.dev' },
    spec: {
      group: 'slipway.dev',
      scope: 'Namespaced',
      names: { kind: 'Task', listKind: 'TaskList', plural: 'tasks', singular: 'task' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            column('State', '.status.state'),
            column('Version', '.status.version'),
            column('Replicas', '.status.replicas'),
            column('QPS', '.status.qps'),
            column('Age', '.metadata.creationTimestamp', 'date'),
            column('Reason', '.status.reason.message'),
          ],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: ['spec'],
              properties: {
                spec: { ...structural(TaskSpec), description: 'What is wanted.' },
                status: { ...structural(TaskStatus), description: 'What is there.' },
                record: { ...opaque, description: 'What the controller decided. Not to be edited.' },
                experiment: { ...opaque, description: 'The sums of feedback. Not to be edited.' },
                applied: { ...opaque, description: 'The spec that the record follows. Not to be edited.' },
              },
            },
          },
        },
      ],
    },
  };
}

/** A schema in the form that Kubernetes demands: no dialect, no references, and no `additionalProperties: false`. */
function structural(schema: z.ZodType): Json {
  return strip(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })) as Json;
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== 'object' || value === null) return value;
  const { $schema: _, additionalProperties, ...rest } = value as Json;
  const kept = Object.entries(rest).map(([name, one]) => [name, strip(one)]);
  const open = typeof additionalProperties === 'object' ? { additionalProperties: strip(additionalProperties) } : {};
  // Patterns of Go know no look-ahead.
  const usable = kept.filter(([name, one]) => name !== 'pattern' || !String(one).includes('(?!'));
  return { ...Object.fromEntries(usable), ...open };
}
