/** A scenario: plain data that survives JSON. Machines, networks, configurations, what happens, what must be seen. */
import { z } from 'zod'
import { expectation } from './expectation.ts'
import { duration } from './quantity.ts'
import { step } from './step.ts'
import { answer } from './step-names.ts'
import { cidr, host, name, nat, network, router } from './topology.ts'

const change = z
  .union([
    z.strictObject({ path: z.string().regex(/^\//), set: z.json() }),
    z.strictObject({ path: z.string().regex(/^\//), remove: z.literal(true) }),
    z.strictObject({ path: z.string().regex(/^\//), replace: z.string().min(1), with: z.string() }),
  ])
  .describe(
    'A JSON pointer (RFC 6901) into the scenario, and the new value, its removal, or a text replaced in the text there.',
  )
export type Change = z.infer<typeof change>

const twin = z
  .strictObject({
    about: z.string(),
    changes: z.array(change).min(1),
    fails: z.string().describe('The name of the expectation that must then fail.'),
  })
  .describe('The broken twin: with these changes the scenario must fail, by this expectation.')
export type Twin = z.infer<typeof twin>

export const scenario = z.strictObject({
  $schema: z.string().optional(),
  schema: z.literal('wglab/scenario@1'),
  title: z.string().min(1).max(120),
  about: z.string().optional().describe('Why this matters, for people.'),
  requirements: z.array(z.string()).optional(),
  claims: z.array(z.string()).optional().describe('Ids of claims that this scenario decides.'),
  seed: z.string().optional().describe('Default: 1. The command line wins.'),
  duration: duration.describe('How long the run is, in the time of the world.'),
  networks: z.record(name, network),
  hosts: z.record(name, host),
  nats: z.record(name, nat).optional(),
  routers: z.record(name, router).optional(),
  names: z
    .record(z.string(), z.union([answer, z.array(cidr)]))
    .optional()
    .describe('What the resolver knows: host name to addresses, or to no-such-name or no-answer until a `dns` step.'),
  steps: z.array(step),
  expect: z.array(expectation).min(1),
  twin: twin
    .optional()
    .describe('Every scenario of the catalogue has one: a scenario that can not fail proves nothing.'),
})
export type Scenario = z.infer<typeof scenario>

/** Host name to the implementation that plays it. A host not named is played by `ours`. */
export type Cast = Readonly<Record<string, string>>

/** A scenario with its id: the path in the catalogue without its ending, or of the user's file. */
export interface NamedScenario {
  readonly id: string
  readonly scenario: Scenario
}
