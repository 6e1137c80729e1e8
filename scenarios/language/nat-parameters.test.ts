import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { natBehaviours } from './nat.ts'
import { OBSERVABLE, resolveNat } from './nat-parameters.ts'
import { NAT_PRESET_NAMES, NAT_PRESETS } from './nat-presets.ts'

const DEFAULTS = resolveNat({})

describe('the parameters of a NAT', () => {
  it('are, with nothing said, what they always were', () => {
    const { mapping, filtering, ports, timeout, timeout_unreplied, refresh, hairpin, fragments, icmp } = DEFAULTS
    expect([mapping, filtering, ports, timeout, timeout_unreplied, refresh, hairpin, fragments, icmp]).toEqual([
      'endpoint-independent',
      'address-and-port-dependent',
      'preserving',
      '120s',
      '120s',
      'outbound',
      'off',
      'pass',
      true,
    ])
  })

  it('say of each of them whether packets can tell it', () => {
    expect(Object.keys(OBSERVABLE)).toEqual(Object.keys(DEFAULTS))
    for (const [key, text] of Object.entries(OBSERVABLE)) expect([key, text.length > 9]).toEqual([key, true])
  })

  it('are all there is to say: every key of the language but the preset', () => {
    expect(Object.keys(DEFAULTS).sort()).toEqual(
      Object.keys(natBehaviours.shape)
        .filter(key => key !== 'preset')
        .sort(),
    )
    for (const key of ['tcp', 'query'] as const) {
      const { shape } = natBehaviours.shape[key].unwrap()
      expect(Object.keys(DEFAULTS[key]).sort()).toEqual(Object.keys(shape).sort())
    }
  })

  it.each(NAT_PRESET_NAMES)('%s is a plain set that can be written down, read, and changed', name => {
    const { about, source, parameters } = NAT_PRESETS[name]
    expect(about).toMatch(/\.$/)
    expect(source.length).toBeGreaterThan(10)
    const whole = resolveNat({ preset: name })
    expect(resolveNat(natBehaviours.parse(JSON.parse(JSON.stringify(whole))))).toEqual(whole)
    expect(whole).toEqual(resolveNat(parameters))
    expect(resolveNat({ preset: name, timeout: '77s', tcp: { timeout: '78s' } })).toMatchObject({
      timeout: '77s',
      tcp: { ...whole.tcp, timeout: '78s' },
      query: whole.query,
      mapping: whole.mapping,
    })
    // What is there and undefined says nothing.
    expect(resolveNat({ preset: name, timeout: undefined })).toEqual(whole)
  })

  it('depend on no other once they are resolved', () => {
    const behaviour = fc.constantFrom('endpoint-independent', 'address-dependent', 'address-and-port-dependent')
    const time = fc.constantFrom('10s', '1m', '2h') as fc.Arbitrary<'10s'>
    const some = fc.record(
      {
        preset: fc.constantFrom(...NAT_PRESET_NAMES),
        mapping: behaviour,
        filtering: behaviour,
        refresh: fc.constantFrom('inbound', 'outbound', 'both'),
        timeout: time,
        timeout_unreplied: time,
        timeout_stream: time,
        blocks: fc.constantFrom('none' as const, { size: 64 }, { size: 64, per_host: 3 }),
        tcp: fc.record({ mapping: behaviour, timeout: time }, { requiredKeys: [] }),
        query: fc.record({ filtering: behaviour }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(some, spec => {
        const whole = resolveNat(spec)
        expect(resolveNat(whole)).toEqual(whole)
        expect(resolveNat({ preset: 'symmetric', ...whole })).toEqual(whole)
        const { preset: _, ...said } = spec
        expect(whole).toMatchObject(said)
      }),
    )
  })
})
