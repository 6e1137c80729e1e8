import { expect, it } from 'vitest'
import type { KeyLogLine } from '../scenarios/language/verdict.ts'
import { keylogText } from './keylog.ts'

const key = (kind: KeyLogLine['kind'], value: string): KeyLogLine => ({ kind, reveal: () => value })
const fixed = (value: string) => key('LOCAL_STATIC_PRIVATE_KEY', value)
const ephemeral = (value: string) => key('LOCAL_EPHEMERAL_PRIVATE_KEY', value)
const shared = (value: string) => key('PRESHARED_KEY', value)

it('puts static keys first, each key once', () => {
  expect(keylogText([ephemeral('E1'), fixed('S1'), fixed('S2'), fixed('S1'), ephemeral('E1')])).toBe(
    'LOCAL_STATIC_PRIVATE_KEY = S1\nLOCAL_STATIC_PRIVATE_KEY = S2\nLOCAL_EPHEMERAL_PRIVATE_KEY = E1\n',
  )
})

it('ties a preshared key to the ephemeral before it', () => {
  expect(keylogText([ephemeral('E1'), shared('P1'), ephemeral('E2'), ephemeral('E3'), shared('P3')])).toBe(
    [
      'LOCAL_EPHEMERAL_PRIVATE_KEY = E1\nPRESHARED_KEY = P1\n',
      'LOCAL_EPHEMERAL_PRIVATE_KEY = E2\n',
      'LOCAL_EPHEMERAL_PRIVATE_KEY = E3\nPRESHARED_KEY = P3\n',
    ].join(''),
  )
})

it('tries a preshared key of nobody in particular with each, a line pair for each', () => {
  expect(keylogText([shared('P1'), fixed('S1'), shared('P2'), ephemeral('E1'), ephemeral('E2')])).toBe(
    [
      'LOCAL_STATIC_PRIVATE_KEY = S1\n',
      'LOCAL_EPHEMERAL_PRIVATE_KEY = E1\nPRESHARED_KEY = P1\n',
      'LOCAL_EPHEMERAL_PRIVATE_KEY = E1\nPRESHARED_KEY = P2\n',
      'LOCAL_EPHEMERAL_PRIVATE_KEY = E2\nPRESHARED_KEY = P1\n',
      'LOCAL_EPHEMERAL_PRIVATE_KEY = E2\nPRESHARED_KEY = P2\n',
    ].join(''),
  )
})

it('is empty without keys', () => expect(keylogText([])).toBe(''))
