/** Names of keys in services are looked up before anything runs. */
import { expect, test } from 'vitest'
import { scenario as plane } from '../../scenarios/catalogue/services/revocation-delay.ts'
import { scenario as signalling } from '../../scenarios/catalogue/services/signalling.ts'
import { applyChanges } from '../../scenarios/language/patch.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import { checkScenario } from '../check.ts'

const problems = (scenario: Scenario, path: string, set: string | string[] | object): string[] =>
  checkScenario(applyChanges(scenario, [{ path, set: set as never }])).map(
    each => `${each.path}: ${each.reason}; ${each.instead}`,
  )

test('a peer that the tunnel does not have, and a member whose key nobody has', () => {
  expect(problems(signalling, '/hosts/laptop/services/finder/peers', ['phnoe'])).toEqual([
    '/hosts/laptop/services/finder/peers/0: there is no peer of laptop\'s wg0 "phnoe"; "phone"',
  ])
  expect(problems(plane, '/hosts/control/services/plane/members/bob/key', 'bobby')).toEqual([
    '/hosts/control/services/plane/members/bob: there is no private key "bobby"; one of control, alice, bob, phone',
  ])
  expect(problems(plane, '/hosts/control/services/plane/members/bob/key', 'bob')).toEqual([])
})
