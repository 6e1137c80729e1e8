/** The state of a link, asked once: through /sys, or by ip(8). */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface LinkState {
  readonly up: boolean
  readonly mtu: number
}

const IFF_UP = 1

/** undefined when this namespace has no such interface. */
export function linkState(iface: string): LinkState | undefined {
  return linkFromSysfs(iface) ?? linkFromIp(iface)
}

/** /sys shows the namespace it was mounted in, which need not be ours; a TUN of ours has a file tun_flags there. */
function linkFromSysfs(iface: string): LinkState | undefined {
  const value = (file: string): string => readFileSync(`/sys/class/net/${iface}/${file}`, 'latin1').trim()
  try {
    value('tun_flags')
    return { up: (Number(value('flags')) & IFF_UP) !== 0, mtu: Number(value('mtu')) }
  } catch {
    return undefined
  }
}

function linkFromIp(iface: string): LinkState | undefined {
  const { stdout } = spawnSync('ip', ['-o', 'link', 'show', 'dev', iface], { stdio: ['ignore', 'pipe', 'ignore'] })
  const line = /^\d+: [^<]*<([^>]*)> mtu (\d+)/.exec(stdout?.toString() ?? '')
  return line === null ? undefined : { up: line[1]!.split(',').includes('UP'), mtu: Number(line[2]) }
}
