/**
 * The numbers that we know by heart, against the headers of the machine's C library and kernel, as its compiler sees them:
 * constants and the layout of structures. A machine whose numbers differ must not run the native plane; which ones it runs
 * on is written in libc.ts. Needs a C compiler.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const HEADERS = [
  'errno.h',
  'fcntl.h',
  'poll.h',
  'time.h',
  'sys/eventfd.h',
  'sys/ioctl.h',
  'sys/socket.h',
  'sys/uio.h',
  'netinet/in.h',
  'net/if.h',
  'linux/if_tun.h',
  'linux/netlink.h',
  'linux/rtnetlink.h',
  'linux/sockios.h',
  'linux/udp.h',
  'linux/virtio_net.h',
]

/** Where a number stands in our sources: file, name there, and what it is in C. Names that say what they are in C stand for themselves. */
const FILES: readonly (readonly [file: string, names: Readonly<Record<string, string>>])[] = [
  [
    'native/sockets.ts',
    {
      ...same('AF_INET AF_INET6 SOL_SOCKET SO_SNDBUF SO_RCVBUF SO_SNDTIMEO SO_SNDBUFFORCE SO_RCVBUFFORCE SO_MARK'),
      ...same('IP_PKTINFO IP_MTU_DISCOVER IP_RECVTOS IPV6_MTU_DISCOVER IPV6_V6ONLY IPV6_RECVPKTINFO IPV6_RECVTCLASS'),
      ...same('UDP_SEGMENT UDP_GRO'),
      SOL_IP: 'IPPROTO_IP',
      SOL_IPV6: 'IPPROTO_IPV6',
      SOL_UDP: 'IPPROTO_UDP',
      PMTUDISC_DONT: 'IP_PMTUDISC_DONT',
      SOCK_DGRAM_CLOEXEC: 'SOCK_DGRAM | SOCK_CLOEXEC',
    },
  ],
  [
    'native/tun.ts',
    {
      ...same('TUNSETIFF TUNSETOFFLOAD SIOCSIFMTU IFF_TUN IFF_NO_PI IFF_VNET_HDR AF_INET'),
      ...same('TUN_F_CSUM TUN_F_TSO4 TUN_F_TSO6 TUN_F_TSO_ECN'),
      // Younger than many a header.
      TUN_F_USO4: '0x20',
      TUN_F_USO6: '0x40',
      O_RDWR_NONBLOCK_CLOEXEC: 'O_RDWR | O_NONBLOCK | O_CLOEXEC',
      SOCK_DGRAM_CLOEXEC: 'SOCK_DGRAM | SOCK_CLOEXEC',
      IFREQ: 'sizeof(struct ifreq)',
    },
  ],
  [
    'native/sender.ts',
    {
      ...same('IP_TOS IP_PKTINFO IPV6_PKTINFO IPV6_TCLASS UDP_SEGMENT'),
      SOL_IP: 'IPPROTO_IP',
      SOL_IPV6: 'IPPROTO_IPV6',
    },
  ],
  ['native/receiver.ts', same('MSG_DONTWAIT MSG_TRUNC IP_TOS IP_PKTINFO IPV6_PKTINFO IPV6_TCLASS UDP_GRO')],
  ['native/clock.ts', same('CLOCK_REALTIME CLOCK_BOOTTIME')],
  ['native/worker.ts', { EFD_NONBLOCK_CLOEXEC: 'EFD_NONBLOCK | EFD_CLOEXEC' }],
  ['native/polls.ts', { ...same('POLLIN POLLERR POLLNVAL'), POLLFD: 'sizeof(struct pollfd)' }],
  [
    'native/mmsg.ts',
    {
      ...same('AF_INET AF_INET6'),
      MMSGHDR: 'sizeof(struct mmsghdr)',
      IOVEC: 'sizeof(struct iovec)',
      CMSG_HEADER: 'CMSG_LEN(0)',
      MSG_NAMELEN: 'offsetof(struct mmsghdr, msg_hdr.msg_namelen)',
      MSG_IOVLEN: 'offsetof(struct mmsghdr, msg_hdr.msg_iovlen)',
      MSG_CONTROLLEN: 'offsetof(struct mmsghdr, msg_hdr.msg_controllen)',
      MSG_FLAGS: 'offsetof(struct mmsghdr, msg_hdr.msg_flags)',
      MSG_LEN: 'offsetof(struct mmsghdr, msg_len)',
    },
  ],
  [
    'native/vnet.ts',
    {
      VNET_HEADER: 'sizeof(struct virtio_net_hdr)',
      NEEDS_CSUM: 'VIRTIO_NET_HDR_F_NEEDS_CSUM',
      GSO_NONE: 'VIRTIO_NET_HDR_GSO_NONE',
      GSO_TCPV4: 'VIRTIO_NET_HDR_GSO_TCPV4',
      GSO_TCPV6: 'VIRTIO_NET_HDR_GSO_TCPV6',
      GSO_ECN: 'VIRTIO_NET_HDR_GSO_ECN',
    },
  ],
  [
    'routesocket.ts',
    {
      ...same('AF_NETLINK POLLIN EAGAIN'),
      SOCK_RAW_NONBLOCK_CLOEXEC: 'SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC',
      GROUPS:
        'RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | (1 << (RTNLGRP_IPV4_RULE - 1)) | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE | (1 << (RTNLGRP_IPV6_RULE - 1))',
      POLLFD_SIZE: 'sizeof(struct pollfd)',
      EFD_NONBLOCK_CLOEXEC: 'EFD_NONBLOCK | EFD_CLOEXEC',
    },
  ],
  [
    'netlink.ts',
    {
      ...same('RTM_NEWLINK RTM_DELLINK RTM_DELADDR RTM_NEWROUTE RTM_DELROUTE RTM_NEWRULE RTM_DELRULE IFLA_MTU RTA_OIF'),
      ...same('RTN_UNICAST IFF_UP'),
      NLMSG_HEADER: 'sizeof(struct nlmsghdr)',
      IFINFOMSG: 'sizeof(struct ifinfomsg)',
      RTMSG: 'sizeof(struct rtmsg)',
    },
  ],
  ['link.ts', same('IFF_UP')],
  [
    'plain/calls.ts',
    {
      ...same('TUNSETIFF SIOCSIFMTU'),
      IFREQ_SIZE: 'sizeof(struct ifreq)',
      IFREQ_VALUE: 'offsetof(struct ifreq, ifr_flags)',
      TUN_FLAGS: 'IFF_TUN | IFF_NO_PI',
      LONGEST_NAME: 'IFNAMSIZ - 1',
    },
  ],
  ['plain/calls-koffi.ts', same('AF_INET SOCK_DGRAM')],
  [
    'plain/udp.ts',
    {
      ...same('SOL_SOCKET SO_MARK IPPROTO_IP IP_MTU_DISCOVER IPPROTO_IPV6 IPV6_MTU_DISCOVER EBADF'),
      PMTUDISC_DONT: 'IP_PMTUDISC_DONT',
    },
  ],
]

/** Of the structures that are written by hand: what stands where. Those of timeval and timespec hold for 64 bits. */
const LAYOUT: readonly (readonly [inC: string, value: number])[] = [
  ['sizeof(void *)', 8],
  ['sizeof(struct timespec)', 16],
  ['offsetof(struct timespec, tv_nsec)', 8],
  ['sizeof(struct timeval)', 16],
  ['offsetof(struct timeval, tv_usec)', 8],
  ['offsetof(struct mmsghdr, msg_hdr.msg_name)', 0],
  ['offsetof(struct mmsghdr, msg_hdr.msg_iov)', 16],
  ['offsetof(struct mmsghdr, msg_hdr.msg_control)', 32],
  ['offsetof(struct iovec, iov_len)', 8],
  ['offsetof(struct cmsghdr, cmsg_level)', 8],
  ['offsetof(struct cmsghdr, cmsg_type)', 12],
  ['CMSG_ALIGN(1)', 8],
  ['offsetof(struct in_pktinfo, ipi_spec_dst)', 4],
  ['sizeof(struct in_pktinfo)', 12],
  ['offsetof(struct in6_pktinfo, ipi6_ifindex)', 16],
  ['sizeof(struct in6_pktinfo)', 20],
  ['sizeof(struct sockaddr_in)', 16],
  ['offsetof(struct sockaddr_in, sin_addr)', 4],
  ['sizeof(struct sockaddr_in6)', 28],
  ['offsetof(struct sockaddr_in6, sin6_addr)', 8],
  ['offsetof(struct sockaddr_in6, sin6_scope_id)', 24],
  ['offsetof(struct pollfd, revents)', 6],
  ['offsetof(struct pollfd, events)', 4],
  ['__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__', 1],
]

const compiler = ['cc', 'gcc', 'clang'].find(name => spawnSync(name, ['--version']).status === 0)
const absent = process.platform !== 'linux' ? 'Linux' : compiler === undefined ? 'a C compiler' : headers()

describe.skipIf(absent !== undefined)(
  `numbers of the system${absent === undefined ? '' : ` (missing: ${absent})`}`,
  () => {
    for (const [file, names] of FILES) {
      it(`${file} has those of the headers`, () => {
        const ours = numbersOf(file)
        const wanted = Object.keys(names)
        const theirs = valuesInC(Object.values(names))
        expect(Object.fromEntries(wanted.map(name => [name, ours.get(name)]))).toEqual(
          Object.fromEntries(wanted.map((name, place) => [name, theirs[place]])),
        )
      })
    }

    it('native/errno.ts has those of Node, and Node those of the headers', () => {
      const ours = numbersOf('native/errno.ts')
      expect(ours.size).toBeGreaterThan(10)
      const names = [...ours.keys()].filter(name => name !== 'EBADFD')
      const nodes: Readonly<Record<string, number>> = constants.errno
      expect(names.map(name => [name, nodes[name]])).toEqual(names.map(name => [name, ours.get(name)]))
      expect(valuesInC([...ours.keys()])).toEqual([...ours.values()])
    })

    it('structures are laid out as we write them', () => {
      const values = valuesInC(LAYOUT.map(([inC]) => inC))
      expect(LAYOUT.map(([inC], place) => [inC, values[place]])).toEqual(LAYOUT)
    })
  },
)

function same(names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map(name => [name, name]))
}

/** `const NAME = 1 | 0x2` at the start of a line, worked out. */
function numbersOf(file: string): Map<string, number> {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  const found = new Map<string, number>()
  for (const [, name = '', value = ''] of text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*) = ([0-9a-fox_ |]+)$/gm)) {
    found.set(name, value.split('|').reduce((sum, each) => sum | Number(each.trim().replaceAll('_', '')), 0) >>> 0)
  }
  return found
}

/** What a program of the machine's compiler prints for the expressions. */
function valuesInC(expressions: readonly string[]): number[] {
  const includes = HEADERS.map(header => `#include <${header}>`).join('\n')
  const prints = expressions.map(each => `printf("%lu\\n", (unsigned long)(${each}));`).join('\n')
  return compiled(`#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
${includes}
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
int main(void) { ${prints} return 0; }`)
    .trim()
    .split('\n')
    .map(Number)
}

function compiled(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'wglab-numbers-'))
  try {
    writeFileSync(join(folder, 'x.c'), source)
    execFileSync(compiler ?? 'cc', ['-o', join(folder, 'x'), join(folder, 'x.c')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return execFileSync(join(folder, 'x'), { encoding: 'utf8' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** undefined when they are all there. */
function headers(): string | undefined {
  try {
    valuesInC(['1'])
    return undefined
  } catch {
    return 'headers of the C library and the kernel'
  }
}
