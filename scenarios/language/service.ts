/** Programs of a host above WireGuard, as data. Their messages are small texts in UDP datagrams, to be read in a capture. */
import { z } from 'zod'
import { duration } from './quantity.ts'
import { cidr, name } from './words.ts'

const iface = z.string().regex(/^[a-zA-Z0-9_=+.-]{1,15}$/)
const port = z.int().min(1).max(65_535)
const server = z.string().describe('address:port')
const key = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/)

export const signalServer = z
  .strictObject({
    kind: z.literal('signal-server'),
    iface: iface.describe('The tunnel whose peers it speaks of.'),
    port: port.optional().describe('UDP, for those who come through the tunnel. Default 5351.'),
  })
  .describe(
    'Tells a peer at which address and port another one is: it reads `wg show IFACE endpoints`, so what it knows is the mapping of the very socket that WireGuard uses. A question is "where phone", an answer "phone is at 203.0.113.7:41641".',
  )

export const signalClient = z
  .strictObject({
    kind: z.literal('signal-client'),
    iface: iface.describe('The tunnel whose peers it moves.'),
    server: server.describe('address:port of the signalling server inside the tunnel.'),
    peers: z.array(key).min(1).describe('Key names of those it asks for.'),
    every: duration.optional().describe('Default 5s.'),
    stale: duration
      .optional()
      .describe('A peer whose last handshake is younger is left alone: WireGuard follows it by itself. Default 180s.'),
    keepalive: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Set together with the endpoint, in seconds. Default 25.'),
  })
  .describe('Asks for its peers and does `wg set IFACE peer … endpoint … persistent-keepalive …`.')

export const udpRelay = z
  .strictObject({
    kind: z.literal('udp-relay'),
    ports: z.array(port).min(1).describe('One port for each pair of hosts.'),
    idle: duration.optional().describe('Who has not sent for so long is forgotten. Default 60s.'),
  })
  .describe(
    'Carries ciphertext: the first two senders on a port are a pair, and what one sends goes out of that port to the other. It holds no key.',
  )

export const tcpServer = z
  .strictObject({
    kind: z.literal('udp-over-tcp-server'),
    port: port.describe('TCP port that it listens on.'),
    to: server.describe('address:port that the datagrams go to: the WireGuard of this machine, 127.0.0.1:51820.'),
  })
  .describe('The far end of a TCP carrier: two bytes of length, then the datagram, as in RFC 4571.')

export const tcpClient = z
  .strictObject({
    kind: z.literal('udp-over-tcp-client'),
    listen: port.describe('UDP port on 127.0.0.1 that the Endpoint of WireGuard names.'),
    server: server.describe('address:port of the other end.'),
    retry: duration.optional().describe('How long after a lost connection it connects again. Default 1s.'),
    queue: z.int().min(1).optional().describe('Bytes that wait for the connection at most. Default 65536.'),
  })
  .describe('The near end of a TCP carrier.')

const member = z.strictObject({
  key: key.optional().describe('Key name. Default: its name.'),
  allowed_ips: z.array(cidr).min(1).describe('What the others route to it.'),
  endpoint: z.string().optional().describe('address:port, where it is known from outside.'),
})
export type Member = z.infer<typeof member>

export const controlServer = z
  .strictObject({
    kind: z.literal('control-server'),
    port: port.optional().describe('UDP. Default 5380.'),
    members: z.record(name, member),
    push: z
      .boolean()
      .optional()
      .describe(
        'Tell all members of a change at once, where they asked last from. Default false: they learn it when they ask.',
      ),
  })
  .describe(
    'A control plane: says who is a member, with which key and addresses. To "list laptop" it answers "members 3" and a line for each: "phone 10.0.0.3/32 203.0.113.7:41641".',
  )

export const controlClient = z
  .strictObject({
    kind: z.literal('control-client'),
    iface,
    member: name.describe('Who it is.'),
    server,
    every: duration.optional().describe('Default 30s. Until it has asked, a revoked key still works here.'),
    keepalive: z.int().min(0).max(65_535).optional().describe('Set for every member, in seconds. Default 0.'),
  })
  .describe('Asks the control plane, and adds and removes peers by `wg set`.')

export const reresolve = z
  .strictObject({
    kind: z.literal('reresolve-dns'),
    iface,
    every: duration.optional().describe('Default 30s, as the timer of wireguard-tools/contrib/reresolve-dns.'),
    after: duration
      .optional()
      .describe('Peers whose last handshake is older by the wall clock get their endpoint anew. Default 135s.'),
  })
  .describe('reresolve-dns.sh of wireguard-tools: resolves the host names of a configuration again, from time to time.')

export const service = z.discriminatedUnion('kind', [
  signalServer,
  signalClient,
  udpRelay,
  tcpServer,
  tcpClient,
  controlServer,
  controlClient,
  reresolve,
])
export type Service = z.infer<typeof service>
export type ServiceOf<Kind extends Service['kind']> = Extract<Service, { kind: Kind }>

export const services = z
  .record(name, service)
  .describe('Programs that start when the machine boots, after its tunnels.')
