/** The two hosts of an interop scenario: who plays `initiator` and who plays `responder` is for the cast to say. */
import type { Host } from '../language/topology.ts'

export const INITIATOR = { v4: '198.51.100.1', v6: '2001:db8:1::1' } as const
export const RESPONDER = { v4: '203.0.113.2', v6: '2001:db8:2::2' } as const

/** Text of one side of a tunnel with both families inside. `lines` and `peer` go to the end of their sections. */
interface Side {
  readonly lines?: string
  readonly peer?: string
}

/** 10.0.N.1 and fd00:N::1, which speaks first to `endpoint`. */
export function initiatorConf(side: Side = {}, endpoint = `${RESPONDER.v4}:51820`, n = 0): string {
  return `[Interface]
PrivateKey = <initiator>
Address = 10.0.${n}.1/24, fd00:${n}::1/64
ListenPort = ${51820 + n}
${side.lines ?? ''}
[Peer]
PublicKey = <responder.pub>
Endpoint = ${endpoint}
AllowedIPs = 10.0.${n}.2/32, fd00:${n}::2/128
${side.peer ?? ''}`
}

/** 10.0.N.2 and fd00:N::2, which waits. */
export function responderConf(side: Side = {}, n = 0): string {
  return `[Interface]
PrivateKey = <responder>
Address = 10.0.${n}.2/24, fd00:${n}::2/64
ListenPort = ${51820 + n}
${side.lines ?? ''}
[Peer]
PublicKey = <initiator.pub>
AllowedIPs = 10.0.${n}.1/32, fd00:${n}::1/128
${side.peer ?? ''}`
}

/** Both on one internet, over IPv4. */
export function pair(initiator: Side = {}, responder: Side = {}): { initiator: Host; responder: Host } {
  return {
    initiator: { interfaces: { internet: INITIATOR.v4 }, wg: { wg0: initiatorConf(initiator) } },
    responder: { interfaces: { internet: RESPONDER.v4 }, wg: { wg0: responderConf(responder) } },
  }
}
