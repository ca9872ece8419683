// How an engine does what engines do differently. Each says a sentence to every topic, so that two platforms can be compared.
import { z } from 'zod';

export const TraitTopic = z.enum([
  'nodes',
  'placement',
  'room for a rollout',
  'parts of a GPU',
  'isolation',
  'network',
  'processor',
  'memory',
  'dependencies',
  'system packages',
  'start of replicas',
  'links to workers',
  'lost nodes',
  'restart of the platform',
  'end of the platform',
  'deleted tasks',
  'captured batches',
]);
export type TraitTopic = z.infer<typeof TraitTopic>;

/** A sentence or less for each topic. */
export const Traits = z.record(TraitTopic, z.string().min(1));
export type Traits = z.infer<typeof Traits>;
