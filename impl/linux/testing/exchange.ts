/**
 * Bytes through a tunnel and back, compared: a byte stream each way, and datagrams of every kind of size. It finds what
 * a cipher's tag can not: wrong splitting, wrong merging, wrong checksums, lengths and padding.
 */

import type { Side } from './pair.ts'
import { Hopeless, PATIENCE_MS, until } from './process.ts'

const PORT = 7007

/** Plain JavaScript for `node -e`: sends back what comes, on TCP and UDP. */
const ECHO = `
const { createServer } = require('node:net'), { createSocket } = require('node:dgram')
const [address, port] = process.argv.slice(1)
createServer(each => each.on('error', () => {}).pipe(each)).listen(+port, address, () => {
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  udp.on('message', (bytes, from) => udp.send(bytes, from.port, from.address))
  udp.bind(+port, address, () => console.log('ready'))
})`

/** Sends a stream and the datagrams, repeats datagrams that do not come back, and ends with 0 when all was the same. */
const ASK = `
const { connect } = require('node:net'), { createSocket } = require('node:dgram'), { randomBytes } = require('node:crypto')
const [address, port, length, sizes] = process.argv.slice(1)
const fail = text => { console.error(text); process.exit(1) }
const stream = () => new Promise(resolve => {
  const sent = randomBytes(+length)
  let at = 0
  const socket = connect(+port, address, () => socket.write(sent))
  socket.on('error', error => fail('stream: ' + error.message))
  socket.on('data', bytes => {
    if (!bytes.equals(sent.subarray(at, at + bytes.length))) fail('stream: other bytes at ' + at)
    at += bytes.length
    if (at === sent.length) { socket.end(); resolve() }
  })
  socket.on('close', () => { if (at < sent.length) fail('stream: ended at ' + at) })
})
const datagram = size => new Promise(resolve => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4'), sent = randomBytes(size)
  let tries = 0
  const send = () => { if (++tries > 300) fail('no datagram of ' + size); socket.send(sent, +port, address) }
  const timer = setInterval(send, 300)
  socket.on('error', error => fail('datagram of ' + size + ': ' + error.message))
  socket.on('message', bytes => {
    if (!bytes.equals(sent)) fail('datagram of ' + size + ': other bytes')
    clearInterval(timer); socket.close(); resolve()
  })
  send()
})
Promise.all([stream(), ...sizes.split(',').map(each => datagram(+each))]).then(() => process.exit(0))`

/** Empty, one byte, around the padding's 16, around one packet's room at MTU 1420, several fragments. */
const SIZES = [0, 1, 15, 16, 17, 100, 1023, 1371, 1372, 1373, 1391, 1392, 1393, 2800, 8000]

/** Sends `length` bytes and some datagrams from one side to the other and back; throws when anything differs. */
export async function exchange(from: Side, to: Side, family: 4 | 6, length = 2 << 20): Promise<void> {
  const address = family === 4 ? to.inner4 : to.inner6
  const echo = await to.namespace.start(process.execPath, ['-e', ECHO, address, `${PORT}`])
  try {
    await until('the echo server', () => {
      if (echo.ended() !== undefined) throw new Hopeless(`the echo server ended: ${echo.output()}`)
      return echo.output().includes('ready')
    })
    await from.namespace.run(process.execPath, ['-e', ASK, address, `${PORT}`, `${length}`, SIZES.join(',')], {
      timeout_ms: PATIENCE_MS,
    })
  } finally {
    await echo.stop('SIGKILL')
  }
}
