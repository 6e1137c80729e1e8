/** The JSON Schema of a scenario, for editors. Generated from the schemas that check it, so the two can not differ. */
import { z } from 'zod'
import { expectation } from './expectation.ts'
import { duration, rate } from './quantity.ts'
import { scenario } from './scenario.ts'
import { step } from './step.ts'
import {
  attachment,
  cidr,
  clock,
  host,
  link,
  messageName,
  name,
  nat,
  natBehaviour,
  network,
  router,
} from './topology.ts'

const NAMES: ReadonlyMap<z.core.$ZodType, string> = new Map<z.core.$ZodType, string>([
  [duration, 'duration'],
  [rate, 'rate'],
  [name, 'name'],
  [cidr, 'cidr'],
  [messageName, 'message'],
  [link, 'link'],
  [attachment, 'attachment'],
  [network, 'network'],
  [clock, 'clock'],
  [host, 'host'],
  [natBehaviour, 'nat-behaviour'],
  [nat, 'nat'],
  [router, 'router'],
  [step, 'step'],
  [expectation, 'expectation'],
])

/** JSON Schema, draft 2020-12, as plain data. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>()
  for (const [each, id] of NAMES) registry.add(each, { id })
  const generated = z.toJSONSchema(scenario, {
    metadata: registry,
    override({ zodSchema, jsonSchema }) {
      const description = z.globalRegistry.get(zodSchema)?.description
      if (description !== undefined) jsonSchema.description = description
    },
  })
  return { title: 'A scenario of wglab', ...generated }
}
