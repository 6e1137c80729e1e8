/** What a machine must have to carry out a plan, asked before anything is made. */
import { exec, type Site } from './site.ts'

/** Beside what plans need: the runner's own. */
const OWN_PROGRAMS = ['ip', 'tcpdump', 'bash', 'sh']

/** Debian's packages of the programs, for people. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  bridge: 'iproute2',
  ss: 'iproute2',
  nft: 'nftables',
  iptables: 'iptables',
  ip6tables: 'iptables',
  ping: 'iputils-ping',
  tcpdump: 'tcpdump',
  wg: 'wireguard-tools',
  'wg-quick': 'wireguard-tools',
  'wireguard-go': 'wireguard-go',
  conntrack: 'conntrack',
  sysctl: 'procps',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  python3: 'python3-minimal',
  perl: 'perl-base',
}

/** Kinds of qdisc, as small as tc takes them. */
const QDISCS: Readonly<Record<string, string>> = {
  netem: 'netem delay 1ms',
  tbf: 'tbf rate 1mbit burst 2000 limit 2000',
  codel: 'codel',
  fq_codel: 'fq_codel',
  htb: 'htb',
}

export interface Wanted {
  readonly needs: readonly string[]
  readonly needsModule: boolean
  readonly needsQdiscs: readonly string[]
}

/** A sentence about what is missing, and what helps; undefined: nothing is. `where`: `this machine`, `the guest`. */
export async function lacking(wanted: Wanted, site: Pick<Site, 'start'>, where: string): Promise<string | undefined> {
  const programs = [...new Set([...OWN_PROGRAMS, ...wanted.needs])]
  const missing = await missingPrograms(programs, site)
  if (missing.length > 0) {
    const packages = [...new Set(missing.flatMap(name => PACKAGES[name] ?? []))]
    const help = packages.length === 0 ? '' : `; run: sudo apt-get install -y ${packages.join(' ')}`
    return `${where} lacks ${missing.join(', ')}${help}`
  }
  if (wanted.needsModule && !(await hasWireGuard(site))) {
    return `the kernel of ${where} has no WireGuard (ip link add type wireguard fails); cast wireguard-go or ours, or use --world netns:guest`
  }
  const kinds = await missingQdiscs(wanted.needsQdiscs, site)
  if (kinds.length === 0) return undefined
  const modules = kinds.map(kind => `sch_${kind}`).join(', ')
  return `the kernel of ${where} has no ${kinds.join(', ')} (${modules}), which the cables of this scenario need`
}

/** Those of these kinds that tc can not make here. Tried in a namespace that ends with the try. */
export async function missingQdiscs(kinds: readonly string[], site: Pick<Site, 'start'>): Promise<string[]> {
  const tries = kinds.map(async kind => {
    const { status } = await exec(site, `unshare -n tc qdisc add dev lo root ${QDISCS[kind] ?? kind}`)
    return status === 0 ? [] : [kind]
  })
  return (await Promise.all(tries)).flat()
}

async function missingPrograms(programs: readonly string[], site: Pick<Site, 'start'>): Promise<string[]> {
  const line = programs.map(name => `command -v '${name.replaceAll("'", '')}' > /dev/null || echo '${name}'`).join('; ')
  const { output } = await exec(site, line)
  return output.split('\n').filter(name => programs.includes(name))
}

async function hasWireGuard(site: Pick<Site, 'start'>): Promise<boolean> {
  return (await exec(site, 'unshare -n ip link add wg0 type wireguard')).status === 0
}

/**
 * Why the running kernel is not the one that a cast asks for: `kernel-6.12` is the module of a 6.12 and of no other, so that a
 * verdict says what was tested. Undefined: it is.
 */
export function otherKernel(implementation: string, release: string): string | undefined {
  const asked = /^kernel-(\d+\.\d+)$/.exec(implementation)?.[1]
  const runs = /^\d+\.\d+/.exec(release)?.[0]
  if (asked === undefined || asked === runs) return undefined
  return `${implementation} was asked for and this machine runs Linux ${release}; use --world netns:guest for it`
}
