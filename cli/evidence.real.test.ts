/** What a run leaves, read by somebody else's tools. Needs tshark and capinfos. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runOne } from './evidence.ts'
import { select } from './select.ts'

const missing = ['tshark', 'capinfos'].find(tool => spawnSync(tool, ['--version']).status !== 0)
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wglab-evidence-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function captureOf(id: string): Promise<string> {
  const [named] = await select([id])
  if (named === undefined) throw new Error(`no scenario ${id}`)
  const out = join(folder, id)
  expect(runOne(named, { cast: {}, seed: '1', out, outShown: out }).verdict).toBe('pass')
  return join(out, 'capture.pcapng')
}

function tshark(file: string, filter: string, ...fields: string[]): string[] {
  const args = ['-r', file, '-Y', filter, '-T', 'fields', ...fields.flatMap(field => ['-e', field])]
  return execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter(line => line !== '')
}

describe.skipIf(missing !== undefined)(
  `captures, read by tshark${missing === undefined ? '' : ` (missing: ${missing})`}`,
  () => {
    it('lists the inner echo requests, decrypted, with no key file', async () => {
      const file = await captureOf('handshake/one-round-trip')
      // On the wire at both ends and inside both tunnels: four views of one request, four of its reply.
      const requests = tshark(file, 'icmp.type == 8', 'frame.interface_name', 'icmp.seq')
      expect(requests.sort()).toEqual(['alice:internet\t1', 'alice:wg0\t1', 'bob:internet\t1', 'bob:wg0\t1'])
      expect(tshark(file, 'icmp.type == 0', 'frame.interface_name')).toHaveLength(4)
    })

    it('capinfos shows nanoseconds, one interface per vantage point, and the secrets', async () => {
      const file = await captureOf('handshake/one-round-trip')
      const info = execFileSync('capinfos', [file], { encoding: 'utf8' })
      expect(info).toMatch(/File timestamp precision: +nanoseconds \(9\)/)
      expect(info).toMatch(/Number of interfaces in file: 4\n/)
      expect(info.match(/Name = (.*)/g)).toEqual([
        'Name = alice:internet',
        'Name = alice:wg0',
        'Name = bob:internet',
        'Name = bob:wg0',
      ])
      expect(info).toMatch(/Number of decryption secrets in file: 1/)
    })

    it.each([
      'nat/rebinding-mid-session',
      'topologies/road-warrior',
      'mtu/ipv6-black-hole',
      'roaming/phone-changes-network',
      'topologies/full-tunnel',
    ])('every data message of %s decrypts, and nothing is malformed', async id => {
      const file = await captureOf(id)
      // Decrypted means: an IP header outside and at least one more inside.
      const frames = tshark(file, 'wg.type == 4 && udp.length > 40', 'ip.version', 'ipv6.version', 'frame.number')
      const closed = frames.filter(frame => (frame.match(/(?<=^|[,\t])[46](?=[,\t])/g) ?? []).length < 2)
      expect([frames.length > 0, closed]).toEqual([true, []])
      expect(tshark(file, '_ws.malformed', 'frame.number')).toEqual([])
    })

    it('each packet says what became of it', async () => {
      const file = await captureOf('handshake/lost-initiation')
      const comments = tshark(file, 'wg.type == 1', 'frame.comment')
      expect(comments[0]).toMatch(/lost/)
      expect(comments.at(-1)).not.toMatch(/lost/)
    })
  },
)
