import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { LINK_PRESETS } from '../scenarios/language/link-presets.ts'

const wglab = (...args: string[]): string =>
  execFileSync(process.execPath, [fileURLToPath(new URL('./wglab.js', import.meta.url)), ...args], { encoding: 'utf8' })

it('lists the presets of links with their values and sources, for people and for machines', () => {
  expect(JSON.parse(wglab('list', '--links', '--json'))).toEqual(LINK_PRESETS)
  const text = wglab('list', '--links')
  const pppoe = text.split('\n\n').find(part => part.startsWith('dsl-pppoe:'))
  expect(pppoe?.split('\n')).toEqual([
    'dsl-pppoe: VDSL with PPPoE: 8 bytes less for each packet.',
    '  delay: 8ms, queue: 200, mtu: 1492',
    '  up: rate: 10Mbit',
    '  down: rate: 50Mbit',
    '  source: MTU: RFC 2516 (MRU at most 1492); rates and delay not re-checked',
  ])
  for (const { name, source } of LINK_PRESETS) {
    expect(text).toContain(`${name}: `)
    expect(text).toContain(`  source: ${source}\n`)
  }
})
