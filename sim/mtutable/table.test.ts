import { expect, test } from 'vitest'
import { nodeCrypto } from '../../impl/crypto/node/provider.ts'
import { HOST_DROPS } from '../host/drops.ts'
import { NET_DROPS } from '../net/drops.ts'
import { type MtuCase, mtuCell } from './cell.ts'
import { casesOf, DEFAULT_AXES } from './table.ts'

/** What arithmetic says: 32 bytes of WireGuard, 8 of UDP, the IP header, padding to 16 up to the tunnel's MTU. */
function expected({ family, path, tunnel, icmp, df, fragments }: MtuCase): number {
  const outer = (inner: number): number =>
    32 + 8 + (family === 4 ? 20 : 40) + Math.min(Math.ceil(inner / 16) * 16, tunnel)
  // IPv4 is cut by the router in the middle; IPv6 by its sender, who has to be told.
  const cut = !df && fragments && (family === 4 || icmp)
  let inner = tunnel
  while (!cut && outer(inner) > path) inner--
  return inner
}

/** A sample that meets every value of every axis with every column: the whole table is for the command. */
const sample = casesOf(DEFAULT_AXES).filter((_, i) => i % 3 === 0)

test.each(sample.map(each => [JSON.stringify(each), each] as const))('%s', (_, each) => {
  const cell = mtuCell(each, nodeCrypto)
  expect(cell.largest).toBe(expected(each))
  const fits = cell.largest === each.tunnel
  // TCP fills the tunnel's MTU: all or nothing.
  expect(cell.tcp.kind).toBe(fits ? 'done' : 'hangs')
  if (cell.tcp.kind === 'hangs') {
    expect(cell.tcp.bytes).toBe(0)
    expect(Object.keys({ ...NET_DROPS, ...HOST_DROPS })).toContain(cell.reason?.reason)
  }
  // And finds the size by itself where it may: 1024 and its headers fit everywhere.
  expect(cell.probing.kind).toBe('done')
})
