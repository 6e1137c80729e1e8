import { expect, test } from 'vitest'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { type MtuAxes, mtuTable } from '../sim/mtutable/table.ts'
import { sentenceOf } from './mtu.ts'
import { mtuText } from './mtu-text.ts'

test('the table that people read', () => {
  const axes: MtuAxes = { families: [6], paths: [1492], tunnels: [1420, 1412] }
  const done: number[] = []
  const cells = mtuTable(axes, nodeCrypto, count => done.push(count))
  expect(done.at(-1)).toBe(16)
  const text = mtuText(cells, axes, sentenceOf)
  expect(text.replace(/ +$/gm, '')).toMatchInlineSnapshot(`
    "IPv6 outside   may be cut       may be cut       may be cut       may be cut       not to be cut    not to be cut    not to be cut    not to be cut
                   ICMP             ICMP             no ICMP          no ICMP          ICMP             ICMP             no ICMP          no ICMP
     path tunnel   fragments        no fragments     fragments        no fragments     fragments        no fragments     fragments        no fragments
     1492   1420   1420 cut         1408 hangs/4s a  1408 hangs/4s b  1408 hangs/4s b  1408 hangs/4s c  1408 hangs/4s c  1408 hangs/4s b  1408 hangs/4s b
     1492   1412   1412 full        1412 full        1412 full        1412 full        1412 full        1412 full        1412 full        1412 full

    Each cell: the largest IPv4 packet with DF that passes inside, and a TCP transfer through the tunnel.
      full      at once, each segment in one packet
      cut       at once, but each large packet in two fragments
      hangs/Ns  connects, and no byte more arrives; with net.ipv4.tcp_mtu_probing=1 it is done after N seconds
      a  fragment-dropped at internet: It is an IP fragment, and this box is set to drop fragments.
      b  df-too-big at internet: It is larger than the next cable's MTU and must not be cut: DF is set, or it is IPv6.
      c  df-too-big at alice: The packet is larger than the MTU and may not be cut into fragments: DF is set, or it is IPv6 and only passing.
    "
  `)
})

test('seconds of a transfer that finds the size by itself: after three seconds of suspicion', () => {
  const [cell] = mtuTable({ families: [6], paths: [1400], tunnels: [1420] }, nodeCrypto).filter(
    each => !each.case.icmp && !each.case.df && !each.case.fragments,
  )
  expect(cell?.tcp).toEqual({ kind: 'hangs', bytes: 0 })
  expect(cell?.probing.kind === 'done' && cell.probing.seconds > 3 && cell.probing.seconds < 10).toBe(true)
  expect(cell?.reason).toEqual({ reason: 'df-too-big', at: 'internet' })
})
