/**
 * What others see on the cable between two of ours: captured in a router, read by tshark. Nothing in the clear, no DF,
 * handshakes marked as the kernel marks them, data only with the ECN bits of what is inside, lengths padded to 16.
 */
import { describe, expect, it, vi } from 'vitest'
import { exchange } from './testing/exchange.ts'
import { inLab, type Namespace } from './testing/lab.ts'
import { openPair, PORT, ping } from './testing/pair.ts'
import { until } from './testing/process.ts'
import { missing } from './testing/programs.ts'
import { note } from './testing/subjects.ts'

/** Long for a machine that does much else; what must come within it comes in a few seconds. */
vi.setConfig({ testTimeout: 300_000 })

interface Row {
  readonly type: number
  readonly length: number
  /** DSCP and ECN. */
  readonly ds: number
  readonly df: boolean
  readonly fragment: boolean
}

const lacking = missing(['tshark', 'tcpdump', 'nft'])
/** §5.4.6: the fields before the packet and its tag. */
const DATA_OVERHEAD = 32
const MTU = 1420
/** AF41, as the kernel's HANDSHAKE_DSCP. */
const HANDSHAKE_DS = 0x88

describe.skipIf(lacking !== undefined).concurrent(`on the cable${note(lacking)}`, () => {
  for (const family of [4, 6] as const) {
    it(`IPv${family}: types, lengths, marks, no DF, nothing in the clear`, () =>
      inLab(async lab => {
        const pair = await openPair(lab, { kinds: ['ours', 'ours'], family, routed: true })
        const { a, b, router } = pair
        if (router === undefined) throw new Error('no router')
        // One datagram on the cable is then one in the capture.
        for (const side of [a, b]) await side.namespace.ip(`link set ${side.device} gso_max_segs 1`)
        const file = `${lab.folder}/cable.pcap`
        const capture = await router.start('tcpdump', ['-i', 'r1', '-s', '0', '-U', '-w', file, 'udp'])
        await until('the capture', () => capture.output().includes('listening on'))
        await ping(a, b, 4)
        // ECT(0) on the inside: it shows outside. EF on the inside: it does not.
        await a.namespace.run('ping', ['-c2', '-i0.2', '-Q', '0x02', b.inner4])
        await a.namespace.run('ping', ['-c2', '-i0.2', '-Q', '0xb8', b.inner4])
        await exchange(a, b, 4, 200_000)
        await exchange(b, a, 6, 200_000)
        await capture.stop('SIGINT')
        const rows = await read(router, file)
        const handshakes = rows.filter(row => row.type === 1 || row.type === 2)
        const data = rows.filter(row => row.type === 4)
        expect(rows.length).toBe(handshakes.length + data.length)
        expect(rows.filter(row => row.df || row.fragment)).toEqual([])
        expect(new Set(handshakes.map(row => [row.type, row.length, row.ds].join()))).toEqual(
          new Set([`1,148,${HANDSHAKE_DS}`, `2,92,${HANDSHAKE_DS}`]),
        )
        expect(
          data.filter(row => (row.length - DATA_OVERHEAD) % 16 !== 0 && row.length - DATA_OVERHEAD !== MTU),
        ).toEqual([])
        expect([...new Set(data.map(row => row.ds))].filter(ds => ds > 3)).toEqual([])
        expect(data.some(row => row.ds === 2)).toBe(true)
      }))
  }

  it('a road that loses one datagram in thirty: everything comes through', () =>
    inLab(async lab => {
      const { a, b, router } = await openPair(lab, { kinds: ['ours', 'ours'], psk: true, routed: true })
      const rules = [
        'add table inet bad',
        'add chain inet bad forward { type filter hook forward priority 0; }',
        'add rule inet bad forward numgen random mod 30 0 drop',
      ]
      await router?.run('nft', ['-f', '-'], { input: `${rules.join('\n')}\n` })
      await ping(a, b)
      await Promise.all([exchange(a, b, 4, 500_000), exchange(b, a, 6, 500_000)])
    }))

  it('a road of MTU 1300: datagrams that are too big are split outside, and arrive', () =>
    inLab(async lab => {
      const pair = await openPair(lab, { kinds: ['ours', 'ours'], routed: true })
      for (const [side, device] of [
        [pair.a, 'r1'],
        [pair.b, 'r2'],
      ] as const) {
        await side.namespace.ip(`link set ${side.device} mtu 1300`)
        await pair.router?.ip(`link set ${device} mtu 1300`)
      }
      await ping(pair.a, pair.b)
      await exchange(pair.a, pair.b, 4, 500_000)
    }))
})

async function read(namespace: Namespace, file: string): Promise<Row[]> {
  const fields = ['wg.type', 'udp.length', 'ip.dsfield', 'ipv6.tclass', 'ip.flags.df', 'ip.flags.mf', 'ipv6.fragment']
  const args = ['-r', file, '-d', `udp.port==${PORT},wg`, '-T', 'fields', ...fields.flatMap(each => ['-e', each])]
  const text = await namespace.run('tshark', args)
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [type, length, ds4 = '', ds6 = '', df, mf, fragment] = line.split('\t')
      const set = (flag: string | undefined) => flag === '1' || flag === 'True'
      return {
        type: Number(type),
        length: Number(length) - 8,
        ds: Number(ds4 || ds6),
        df: set(df),
        fragment: set(mf) || (fragment ?? '') !== '',
      }
    })
}
