/** The few system calls that Node has no words for. */

/** Each throws a SystemError. */
export interface Calls {
  readonly by: 'koffi' | 'perl' | 'python3'
  /** Makes an open /dev/net/tun the interface of this name (`wg%d`: the kernel counts); returns the name it has. */
  attachTun(fd: number, name: string): string
  setMtu(name: string, mtu: number): void
  /** setsockopt with an int. */
  setOption(fd: number, level: number, option: number, value: number): void
}

/** struct ifreq: a name of 16 bytes, then 24 for whatever the call is about. */
export const IFREQ_SIZE = 40
export const IFREQ_VALUE = 16
export const TUNSETIFF = 0x400454ca
export const SIOCSIFMTU = 0x8922
/** IFF_TUN and IFF_NO_PI: IP packets, one a read, without a header of the driver's. */
export const TUN_FLAGS = 0x0001 | 0x1000
/** A struct ifreq holds 15 bytes of name and a zero. */
export const LONGEST_NAME = 15
