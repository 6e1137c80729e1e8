/** Asks a TUN driver itself whether its interface is up, which works from any namespace. */
import { readdirSync, readFileSync, writeSync } from 'node:fs'
import { isErrno } from './systemerror.ts'

/** The file descriptor of this process that holds the TUN of this name. */
export function tunFd(iface: string): number | undefined {
  try {
    return readdirSync('/proc/self/fdinfo')
      .filter(fd => tunName(fd) === iface)
      .map(Number)[0]
  } catch {
    return undefined
  }
}

/**
 * By a packet of one byte, which says it is IPv4 and ends: the driver refuses it when the interface is down, else IP drops
 * it and counts an error; so do not ask often. `header`: how many bytes stand before each packet. undefined: the TUN is gone.
 */
export function tunIsUp(fd: number, header: number): boolean | undefined {
  const packet = new Uint8Array(header + 1)
  packet[header] = 0x40
  try {
    writeSync(fd, packet)
    return true
  } catch (error) {
    return isErrno(error, 'EIO') ? false : isErrno(error, 'EAGAIN') ? true : undefined
  }
}

function tunName(fd: string): string | undefined {
  try {
    return /^iff:\t(.*)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
  } catch {
    return undefined
  }
}
