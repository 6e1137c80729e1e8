/** System calls through the FFI library. */
import type { Koffi } from '../koffi.ts'
import { SystemError } from '../systemerror.ts'
import { type Calls, IFREQ_SIZE, IFREQ_VALUE, LONGEST_NAME, SIOCSIFMTU, TUN_FLAGS, TUNSETIFF } from './calls.ts'

const AF_INET = 2
const SOCK_DGRAM = 2

export function koffiCalls(koffi: Koffi): Calls {
  const library = koffi.load(null)
  const ioctl = library.func('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)')
  const socket = library.func('int socket(int domain, int type, int protocol)')
  const close = library.func('int close(int fd)')
  const setsockopt = library.func(
    'int setsockopt(int fd, int level, int option, const uint8_t *value, uint32_t length)',
  )
  const checked = (call: string, result: unknown): number => {
    if (typeof result === 'number' && result >= 0) return result
    throw new SystemError(call, koffi.errno())
  }
  return {
    by: 'koffi',
    attachTun(fd, name) {
      const request = ifreq(name)
      request.writeUInt16LE(TUN_FLAGS, IFREQ_VALUE)
      checked('TUNSETIFF', ioctl(fd, TUNSETIFF, request))
      return request.toString('latin1', 0, request.indexOf(0))
    },
    setMtu(name, mtu) {
      const fd = checked('socket', socket(AF_INET, SOCK_DGRAM, 0))
      try {
        const request = ifreq(name)
        request.writeInt32LE(mtu, IFREQ_VALUE)
        checked('SIOCSIFMTU', ioctl(fd, SIOCSIFMTU, request))
      } finally {
        close(fd)
      }
    },
    setOption(fd, level, option, value) {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(value >>> 0)
      checked('setsockopt', setsockopt(fd, level, option, bytes, bytes.length))
    },
  }
}

function ifreq(name: string): Buffer {
  const request = Buffer.alloc(IFREQ_SIZE)
  request.write(name.slice(0, LONGEST_NAME), 'latin1')
  return request
}
