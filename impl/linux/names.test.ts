import { describe, expect, it } from 'vitest'
import { controlPath, eventsPath, nameProblem } from './names.ts'

describe('the name of an interface', () => {
  for (const name of ['wg0', 'a', 'wg_=+.-', 'abcdefghijklmno', 'WG.1', '0']) {
    it(`${name} is right`, () => expect(nameProblem(name)).toBeUndefined())
  }
  const WRONG: readonly (readonly [name: string, because: RegExp])[] = [
    ['', /no name/],
    ['abcdefghijklmnop', /16 characters; at most 15/],
    ['wg/0', /letters, digits/],
    ['wg 0', /letters, digits/],
    ['wgé', /letters, digits/],
    ['wg0\n', /letters, digits/],
    ['wg%d', /letters, digits/],
    ['.', /folder/],
    ['..', /folder/],
  ]
  for (const [name, because] of WRONG)
    it(`${JSON.stringify(name)} is wrong`, () => expect(nameProblem(name)).toMatch(because))
})

it('wg lists what ends in .sock as an interface, so only the control socket does', () => {
  expect(controlPath('wg0')).toBe('/var/run/wireguard/wg0.sock')
  expect(eventsPath('wg0')).toBe('/var/run/wireguard/wg0.events')
})
