/** The file descriptor of a bound UDP socket of this process, which Node does not tell. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export function udpFd(port: number, family: 4 | 6): number | undefined {
  const sockets = new Set(inodesOf(port, family).map(inode => `socket:[${inode}]`))
  return readdirSync('/proc/self/fd')
    .filter(fd => sockets.has(target(fd)))
    .map(Number)[0]
}

/** proc(5): local address and port in hexadecimal are the second column, the inode is the tenth. */
function inodesOf(port: number, family: 4 | 6): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync(family === 4 ? '/proc/self/net/udp' : '/proc/self/net/udp6', 'latin1')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .flatMap(columns => (columns[1]?.endsWith(wanted) === true && columns[9] !== undefined ? [columns[9]] : []))
}

function target(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    // The folder's own descriptor is gone by now.
    return ''
  }
}
